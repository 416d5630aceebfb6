// SPDX-License-Identifier: GPL-2.0-only
import { writeFileSync } from "node:fs";
import { CliError } from "../errors.js";
import { quote } from "../model/text-error.js";
import type { Host } from "./host.js";
import { needRoot } from "./host.js";
import type { Knob } from "./knobs.js";
import { knobOf, legalText, livePath, parseValue } from "./knobs.js";
import { deleteFile, reason, replaceFile } from "./replace-file.js";
import { MODPROBE_FILE, SYSCTL_FILE, editParameters, editSysctls } from "./settings.js";

/** KEY=VALUE words as settings; KEY=default takes a setting away. Throws a CliError that quotes the bad word. */
export function parseSettings(words: readonly string[]): Map<Knob, string | undefined> {
  const settings = new Map<Knob, string | undefined>();
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals < 1) throw new CliError(`${quote(word)} is not KEY=VALUE; "tsipvsadm module show" lists the keys`);
    const [key, text] = [word.slice(0, equals), word.slice(equals + 1)];
    const knob = knobOf(key);
    if (!knob) throw new CliError(`${quote(word)}: there is no key ${quote(key)}; "tsipvsadm module show" lists them`);
    if (settings.has(knob)) throw new CliError(`${quote(word)}: ${knob.key} is set twice`);
    const value = text === "default" ? undefined : parseValue(knob, text);
    if (text !== "default" && value === undefined) {
      throw new CliError(`${quote(word)}: ${knob.key} is ${legalText(knob)}, or "default"`);
    }
    settings.set(knob, value);
  }
  return settings;
}

/**
 * Keep the settings in files of ours, and apply those that can be applied now.
 * Returns a line for each that takes effect later. Throws a CliError; then
 * the kernel's values and the files are as before, but for those of a kind
 * already written.
 */
export function applySettings(host: Host, settings: ReadonlyMap<Knob, string | undefined>): string[] {
  needRoot(host, "set these");
  const notes: string[] = [];
  const done: Array<[path: string, before: string]> = [];
  try {
    for (const [knob, value] of settings) {
      const note = applyOne(host, knob, value, done);
      if (note !== undefined) notes.push(note);
    }
    keep(host, SYSCTL_FILE, editSysctls(host.read(SYSCTL_FILE) ?? "", settings));
    keep(host, MODPROBE_FILE, editParameters(host.read(MODPROBE_FILE) ?? "", settings));
  } catch (error) {
    for (const [path, before] of done.reverse()) writeFileSync(path, before);
    throw error;
  }
  return notes;
}

function applyOne(host: Host, knob: Knob, value: string | undefined, done: Array<[string, string]>): string | undefined {
  const path = livePath(knob);
  const before = host.read(path);
  if (before === undefined) return `${knob.key}: takes effect when ${knob.kind === "sysctl" ? "the module that has it" : knob.module} is loaded`;
  const wanted = value ?? (/^(-?\d|\d+ \d+)/.test(knob.default) ? knob.default : undefined);
  if (wanted === before.trim()) return undefined;
  if (knob.kind === "parameter" && !knob.live && knob.module !== "toa") {
    return `${knob.key}: takes effect with the next "tsipvsadm module reload"; it is ${before.trim()} now`;
  }
  if (wanted === undefined || (knob.module === "toa" && !knob.live)) {
    return `${knob.key}: takes effect when ${knob.module ?? "ip_vs"} is loaded anew; it is ${before.trim() || "not set"} now`;
  }
  try {
    writeFileSync(path, wanted);
  } catch (error) {
    throw new CliError(`${quote(`${knob.key}=${wanted}`)}: the kernel refuses it: ${reason(error)}`);
  }
  done.push([path, before]);
  return undefined;
}

function keep(host: Host, path: string, text: string): void {
  const before = host.read(path) ?? "";
  if (text === before) return;
  // Only what we wrote ourselves is left.
  if (text === "" || /^# Written by `tsipvsadm module set'[^\n]*\n$/.test(text)) deleteFile(path);
  else replaceFile(path, text);
}
