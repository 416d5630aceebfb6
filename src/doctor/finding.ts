// SPDX-License-Identifier: GPL-2.0-only
import type { Facts } from "./facts.js";

/** A way to mend what was found: lines of a shell, to be run in their order. Words in capitals are the reader's to fill in. */
export interface Mend {
  readonly how: string;
  readonly commands: readonly string[];
}

/** One thing that is wrong. */
export interface Finding {
  readonly what: string;
  /** What it does to traffic here. */
  readonly why: string;
  /** The first is the one to take where nothing speaks against it. */
  readonly mends: readonly Mend[];
  /** The first mend can be run unasked: it ends no flow, takes no address, and lets nothing pass that was refused. */
  readonly safe: boolean;
  /** How the mend is kept over a reboot, where that is not the table's own business. */
  readonly boot?: string;
}

/** Something that would have to be known, and can't be from here. */
export interface Unknown {
  readonly unknown: string;
}

export type Found = Finding | Unknown;

/** One question; the checks are in checks/index.ts. */
export interface Check {
  readonly id: string;
  examine(facts: Facts): Iterable<Found> | AsyncIterable<Found>;
}

/** A mend of one command. */
export const mend = (how: string, ...commands: readonly string[]): Mend => ({ how, commands });
