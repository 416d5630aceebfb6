// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import { quote } from "../model/text-error.js";

export interface WordOption {
  readonly long: string;
  /** Name of the argument, when it takes one. */
  readonly arg?: string;
  readonly help: string;
}

/** What may stand behind "tsipvsadm module". */
export interface Word {
  readonly name: string;
  readonly options: readonly WordOption[];
  /** Name of the arguments that stand by themselves, and how many there may be. */
  readonly positional?: { readonly name: string; readonly min: number; readonly max: number };
  readonly help: string;
}

const json: WordOption = { long: "json", help: "as JSON" };
const kernel: WordOption = { long: "kernel", arg: "RELEASE", help: "for this kernel, not the running one" };
const from: WordOption = { long: "from", arg: "DIRECTORY", help: "load the modules that are there, as build leaves them, not those that modprobe finds" };
const parameters: readonly WordOption[] = [
  { long: "conn-tab-bits", arg: "N", help: "parameter conn_tab_bits, this once" },
  { long: "flow-tab-bits", arg: "N", help: "parameter flow_tab_bits, this once" },
  { long: "flow-max", arg: "N", help: "parameter flow_max, this once" },
];
const keys = (min: number, name: string) => ({ name, min, max: Infinity });

/** THE table of the configurator's commands. */
export const words: readonly Word[] = [
  { name: "status", options: [json, kernel], help: "show which ip_vs is loaded and which would be, its tables, dkms, headers and source, signing" },
  { name: "show", options: [json], positional: keys(0, "KEY"), help: "show module parameters and sysctls with unit, default and present value" },
  { name: "set", options: [], positional: keys(1, "KEY=VALUE"), help: "set them, now where the kernel allows it, and for the next boot; KEY=default takes a setting away" },
  { name: "load", options: [from, ...parameters], help: "load ip_vs and ip_vs_snat_sched; a stock ip_vs that is loaded is replaced as by reload" },
  { name: "unload", options: [], help: "unload IPVS, when nothing uses it" },
  { name: "reload", options: [from, ...parameters], help: "replace the loaded ip_vs and keep services, rules, zones, timeouts, daemons and sysctls; connections end" },
  { name: "build",
    options: [kernel,
      { long: "source", arg: "TREE", help: "kernel source to patch, a tree or a tar archive; default: the package linux-source of that kernel's line" },
      { long: "out", arg: "DIRECTORY", help: "where the modules go; default: ./tsipvsadm-modules-RELEASE" }],
    help: "build the modules, and install nothing" },
  { name: "install", options: [kernel], help: "build and install the modules by dkms, which does so for later kernels too, and have them loaded at boot" },
  { name: "uninstall", options: [], help: "take them away again: the next ip_vs loaded is the stock one" },
  { name: "patch", options: [], positional: { name: "TREE", min: 1, max: 1 }, help: "patch a full kernel tree, Kconfig and Makefile included" },
];

/** A line behind "module", read. */
export interface WordCall {
  readonly word: Word;
  /** Values of options by their long names; "" where one takes none. */
  readonly options: ReadonlyMap<string, string>;
  readonly plain: readonly string[];
}

/** Reads what stands behind "module". Throws a CliError that quotes the bad word. */
export function parseWords(argv: readonly string[]): WordCall {
  const [name, ...rest] = argv;
  const word = words.find((one) => one.name === name);
  if (!word) {
    const legal = words.map((one) => one.name).join(", ");
    throw new CliError(name === undefined ? `module needs one of ${legal}` : `${quote(name)} is no command of module; there are ${legal}`);
  }
  const options = new Map<string, string>();
  const plain: string[] = [];
  const left = [...rest];
  for (let text = left.shift(); text !== undefined; text = left.shift()) {
    if (!text.startsWith("--")) plain.push(text);
    else takeOption(word, text, left, options);
  }
  const { min, max } = word.positional ?? { min: 0, max: 0 };
  if (plain.length < min) throw new CliError(`module ${word.name} needs ${word.positional!.name}`);
  if (plain.length > max) throw new CliError(`unexpected argument ${quote(plain[max]!)} behind module ${word.name}`);
  return { word, options, plain };
}

function takeOption(word: Word, text: string, left: string[], options: Map<string, string>): void {
  const equals = text.indexOf("=");
  const name = text.slice(2, equals < 0 ? undefined : equals);
  const option = word.options.find(({ long }) => long === name);
  if (!option) {
    const legal = word.options.map(({ long }) => `--${long}`).join(", ");
    throw new CliError(`module ${word.name} has no option ${quote(text)}; ${legal ? `it has ${legal}` : "it has none"}`);
  }
  if (options.has(name)) throw new CliError(`--${name} is given twice`);
  if (option.arg === undefined && equals >= 0) throw new CliError(`${quote(text)}: --${name} takes no argument`);
  const value = option.arg === undefined ? "" : equals >= 0 ? text.slice(equals + 1) : left.shift();
  if (value === undefined || (option.arg !== undefined && value === "")) throw new CliError(`--${name} needs ${option.arg}`);
  options.set(name, value);
}
