// SPDX-License-Identifier: GPL-2.0-only
import type { Facts } from "../facts.js";
import type { Finding } from "../finding.js";
import { mend } from "../finding.js";

/** Share of a limit at which it is time to say so. */
export const NEARLY = 0.8;

/** A table of the kernel that is nearly full: let it have twice as many entries of `entryBytes`, by a command for that number. */
export function twiceAsMany(
  { memoryAvailable }: Facts, entries: number, most: number, entryBytes: number,
  raise: (next: number) => Readonly<Record<"command" | "boot", string>>,
): Pick<Finding, "mends" | "safe"> & { readonly boot: string } {
  const next = 2 * Math.max(entries, most);
  const bytes = (next - entries) * entryBytes;
  const { command, boot } = raise(next);
  return {
    mends: [mend(`let there be twice as many: at most ${Math.ceil(bytes / 2 ** 20)} MiB more`, command)],
    // Memory that is there now may be wanted later: half of it at most.
    safe: bytes <= memoryAvailable / 2,
    boot,
  };
}
