// SPDX-License-Identifier: GPL-2.0-only

/** Majors of Node whose V8 was seen to know the flag; one that does not says so on standard error. */
const KNOWN = { first: 18, last: 24 };

/**
 * For work on thousands of lines or services: V8's optimizing compiler, half of
 * the time of such work, copies small functions into all that call them, and
 * these into theirs. Without that, code is a little slower and far sooner there.
 */
export async function compileSmall(): Promise<void> {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < KNOWN.first || major > KNOWN.last) return;
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=0");
}
