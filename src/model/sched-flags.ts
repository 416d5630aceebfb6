// SPDX-License-Identifier: GPL-2.0-only

export type SchedFlags = readonly [boolean, boolean, boolean];

/** Names of the flags that a scheduler gives a meaning; the others are flag-1 to flag-3. */
const meanings: Readonly<Record<string, readonly string[]>> = {
  sh: ["sh-fallback", "sh-port"],
  mh: ["mh-fallback", "mh-port"],
};

/** The flag's index, or why it can't be used with the scheduler. */
export function schedFlagIndex(name: string, scheduler: string): number | "invalid" | "incompatible" {
  const plain = ["flag-1", "flag-2", "flag-3"].indexOf(name);
  if (plain >= 0) return plain;
  const owner = Object.keys(meanings).find((key) => meanings[key]!.includes(name));
  if (!owner) return "invalid";
  return owner === scheduler ? meanings[owner]!.indexOf(name) : "incompatible";
}

/** The flags that are set, as a comma-separated list. */
export function formatSchedFlags(flags: SchedFlags, scheduler: string): string {
  return flags
    .map((set, i) => (set ? (meanings[scheduler]?.[i] ?? `flag-${i + 1}`) : undefined))
    .filter((name) => name !== undefined)
    .join(",");
}
