// SPDX-License-Identifier: GPL-2.0-only
import type { Word, WordOption } from "../words.js";

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
