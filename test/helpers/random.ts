// SPDX-License-Identifier: GPL-2.0-only

/** Repeatable pseudo-random numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

/** Seeds that once found a defect; every property starts with them. */
const KEPT: readonly number[] = [1, 0x5eed];

/**
 * Runs `property` for `count` seeds, new ones each time unless TEST_SEED names
 * one. A failure says its seed.
 */
export function forSeeds(count: number, property: (random: Random) => void): void {
  for (const seed of seeds(count)) {
    try {
      property(new Random(seed));
    } catch (error) {
      throw failed(seed, error);
    }
  }
}

/** The same for a property that takes time. */
export async function forSeedsInTurn(count: number, property: (random: Random) => Promise<void>): Promise<void> {
  for (const seed of seeds(count)) {
    try {
      await property(new Random(seed));
    } catch (error) {
      throw failed(seed, error);
    }
  }
}

function seeds(count: number): readonly number[] {
  const fixed = process.env["TEST_SEED"];
  if (fixed !== undefined) return [Number(fixed)];
  return [...KEPT, ...Array.from({ length: count }, () => Math.floor(Math.random() * 2 ** 32))];
}

const failed = (seed: number, cause: unknown): Error =>
  new Error(`fails with TEST_SEED=${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
