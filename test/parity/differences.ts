// SPDX-License-Identifier: GPL-2.0-only
// The differences that docs/differences.md explains, as patterns of cases.
import type { Case, Comparison } from "./case.js";

export interface Difference {
  /** The title in docs/differences.md. */
  readonly title: string;
  /** Is it this that makes the two differ, and nothing else? */
  readonly explains: (tried: Case, comparison: Comparison) => boolean;
}

export const differences: readonly Difference[] = [];

/** The listed difference that accounts for how the two differ. */
export function listed(tried: Case, comparison: Comparison): Difference | undefined {
  return differences.find(({ explains }) => explains(tried, comparison));
}
