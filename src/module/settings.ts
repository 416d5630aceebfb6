// SPDX-License-Identifier: GPL-2.0-only
// The files that keep what is set, and edits of them that leave the user's lines alone.
import type { Host } from "./host.js";
import type { Knob } from "./knobs.js";
import { knobOf, parameterName } from "./knobs.js";

export const MODPROBE_FILE = "/etc/modprobe.d/tsipvsadm.conf";
export const SYSCTL_FILE = "/etc/sysctl.d/60-tsipvsadm.conf";

const HEADER = "# Written by `tsipvsadm module set'. Lines of your own are kept.\n";

export const settingsFile = ({ kind }: Knob): string => (kind === "parameter" ? MODPROBE_FILE : SYSCTL_FILE);

/** A value, or undefined to take what is set away. */
export type Settings = ReadonlyMap<Knob, string | undefined>;

/** The text of SYSCTL_FILE with the settings in it. */
export function editSysctls(text: string, settings: Settings): string {
  const left = new Map([...settings].filter(([{ kind }]) => kind === "sysctl"));
  const lines: string[] = [];
  for (const line of split(text)) {
    const knob = sysctlOf(line);
    if (!knob || !settings.has(knob)) lines.push(line);
    else if (left.get(knob) !== undefined) lines.push(sysctlLine(knob, left.get(knob)!));
    // A second line of the same key would undo the first.
    if (knob && settings.has(knob)) left.delete(knob);
  }
  for (const [knob, value] of left) if (value !== undefined) lines.push(sysctlLine(knob, value));
  return join(lines);
}

const sysctlLine = ({ key }: Knob, value: string): string => `net.ipv4.vs.${key} = ${value.replace("\t", " ")}`;

function sysctlOf(line: string): Knob | undefined {
  const key = /^\s*-?\s*(net[./]ipv4[./]vs[./]\w+)\s*=/.exec(line)?.[1];
  return key === undefined ? undefined : knobOf(key);
}

/** The text of MODPROBE_FILE with the settings in it: "options MODULE NAME=VALUE …". */
export function editParameters(text: string, settings: Settings): string {
  const left = new Map([...settings].filter(([{ kind }]) => kind === "parameter"));
  const lines: string[] = [];
  for (const line of split(text)) {
    const [, start, module, rest] = /^(\s*options\s+(\S+))\s+(.*)$/.exec(line) ?? [];
    if (start === undefined) {
      lines.push(line);
      continue;
    }
    const words = rest!.trim().split(/\s+/).flatMap((word) => {
      const knob = parameterOf(module!, word);
      if (!knob || !settings.has(knob)) return [word];
      const value = left.get(knob);
      left.delete(knob);
      return value === undefined ? [] : [`${parameterName(knob)}=${value}`];
    });
    if (words.length > 0) lines.push(`${start} ${words.join(" ")}`);
  }
  for (const [knob, value] of left) if (value !== undefined) lines.push(`options ${knob.module} ${parameterName(knob)}=${value}`);
  return join(lines);
}

function parameterOf(module: string, word: string): Knob | undefined {
  const knob = knobOf(`${module}.${word.split("=")[0]}`);
  return knob?.module === module ? knob : undefined;
}

/** What the files say, by key; a user's own line counts. */
export function readSettings(host: Host): ReadonlyMap<Knob, string> {
  const found = new Map<Knob, string>();
  for (const line of split(host.read(SYSCTL_FILE) ?? "")) {
    const knob = sysctlOf(line);
    if (knob) found.set(knob, line.slice(line.indexOf("=") + 1).trim());
  }
  for (const line of split(host.read(MODPROBE_FILE) ?? "")) {
    const [, module, rest] = /^\s*options\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    for (const word of rest?.split(/\s+/) ?? []) {
      const knob = parameterOf(module!, word);
      if (knob) found.set(knob, word.slice(word.indexOf("=") + 1));
    }
  }
  return found;
}

const split = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

function join(lines: readonly string[]): string {
  const text = lines.map((line) => `${line}\n`).join("");
  return text === "" || text.startsWith("#") ? text : HEADER + text;
}
