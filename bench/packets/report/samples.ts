// SPDX-License-Identifier: GPL-2.0-only

/** What one packet cost in one run; the unit is that of the run: instructions, or nanoseconds of CPU time. */
export interface Sample {
  readonly mode: string;
  readonly family: 4 | 6;
  readonly flows: number;
  readonly way: string;
  readonly cost: number;
}

/** A mode whose packets did not all arrive as they should; it has no cost. */
export interface Broken {
  readonly mode: string;
  readonly family: 4 | 6;
  readonly flows: number;
  readonly why: string;
}

export interface Output {
  readonly samples: readonly Sample[];
  readonly broken: readonly Broken[];
}

const familyOf = (text: string): 4 | 6 => (text === "6" ? 6 : 4);

/**
 * Reads the lines "sample MODE FAMILY FLOWS WAY COST" and "broken MODE FAMILY FLOWS WHY"
 * of bench/packets/count.sh; other lines are passed over. Samples of a case that
 * turned out broken are left out, since a mode that loses packets is not fast.
 * Throws on a sample that is damaged.
 */
export function parseSamples(text: string): Output {
  const samples: Sample[] = [];
  const broken: Broken[] = [];
  for (const line of text.split("\n")) {
    const [kind, mode = "", family = "", flows = "", ...rest] = line.trim().split(" ");
    if (kind === "broken") broken.push({ mode, family: familyOf(family), flows: Number(flows), why: rest.join(" ") });
    if (kind !== "sample") continue;
    const [way = "", cost = ""] = rest;
    if (!(Number(cost) > 0) || !(Number(flows) > 0)) throw new Error(`a damaged line of samples: "${line}"`);
    samples.push({ mode, family: familyOf(family), flows: Number(flows), way, cost: Number(cost) });
  }
  const whole = ({ mode, family, flows }: Sample): boolean =>
    !broken.some((other) => other.mode === mode && other.family === family && other.flows === flows);
  return { samples: samples.filter(whole), broken };
}
