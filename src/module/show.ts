// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import { quote } from "../model/text-error.js";
import type { Host } from "./host.js";
import type { Knob } from "./knobs.js";
import { knobOf, knobs, livePath } from "./knobs.js";
import { moduleFile } from "./module-file.js";
import { readSettings } from "./settings.js";

/** A knob with what it is now: absent where the module that has it is not loaded. */
export interface Shown {
  readonly key: string;
  readonly kind: Knob["kind"];
  readonly by: Knob["by"];
  readonly unit: string;
  readonly default: string;
  readonly present?: string;
  /** What our files say. */
  readonly set?: string;
  readonly help: string;
}

/** Those of toa only where it is: it belongs on real servers. */
function knobsHere(host: Host, settings: ReadonlyMap<Knob, string>): readonly Knob[] {
  const toa = host.exists("/sys/module/toa") || [...settings.keys()].some(({ module }) => module === "toa") || moduleFile(host, "toa") !== undefined;
  return toa ? knobs : knobs.filter(({ module }) => module !== "toa");
}

/** All of them, or those that are named. Throws a CliError at a key that there is not. */
export function shownKnobs(host: Host, keys: readonly string[]): readonly Shown[] {
  const wanted = keys.map((key) => {
    const knob = knobOf(key);
    if (!knob) throw new CliError(`there is no key ${quote(key)}; "tsipvsadm module show" lists them`);
    return knob;
  });
  const settings = readSettings(host);
  return (wanted.length > 0 ? wanted : knobsHere(host, settings)).map((knob) => {
    const { key, kind, by, unit, help } = knob;
    const present = host.read(livePath(knob))?.trim().replace(/\s+/g, " ");
    const set = settings.get(knob);
    return {
      key, kind, by, unit, default: knob.default,
      ...(present !== undefined && { present }),
      ...(set !== undefined && { set }),
      help,
    };
  });
}

const titles = ["Key", "Present", "Default", "Set", "Unit", "Kind", "By", "What it does"] as const;

/** A table for people; "-" is what is not there. */
export function shownText(shown: readonly Shown[]): string {
  const rows = [titles, ...shown.map(({ key, present, default: normal, set, unit, kind, by, help }) =>
    [key, present || "-", normal, set ?? "-", unit, kind, by, help] as const)];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()}\n`).join("");
}
