// SPDX-License-Identifier: GPL-2.0-only

/** A set of measurements; least and most are its spread. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** Throws when there is nothing to sum up. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new Error("no measurement to sum up");
  const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  return { median, least, most, count: sorted.length };
}

/**
 * Ratios of the nth measurement of one to the nth of the other: taken in the same
 * round, they share what the machine was doing then. Those without a partner are
 * left out.
 */
export function ratios(of: readonly number[], to: readonly number[]): readonly number[] {
  return of.slice(0, to.length).map((value, index) => value / to[index]!);
}
