// SPDX-License-Identifier: GPL-2.0-only
import type { Stats } from "../model/stats.js";
import { largeNumber } from "./columns.js";
import type { TextBuffer } from "./text-buffer.js";

/** Counters up to here are whole in any style, and exact as a number. */
const SHORT = 10n ** 8n;

/** Writes a counter as largeNumber() has it; nearly all are short. */
function writeCounter(out: TextBuffer, value: bigint, exact: boolean): void {
  if (value < SHORT) out.right(Number(value), 9);
  else out.text(largeNumber(value, exact));
}

/** Writes the columns of --stats. */
export function writeStats(out: TextBuffer, stats: Stats, exact: boolean): void {
  writeCounter(out, stats.conns, exact);
  writeCounter(out, stats.inPkts, exact);
  writeCounter(out, stats.outPkts, exact);
  writeBytes(out, stats.inBytes, stats.outBytes, exact);
}

/** Writes the columns of --rate. */
export function writeRates(out: TextBuffer, stats: Stats, exact: boolean, whole = exact): void {
  writeCounter(out, stats.cps, whole);
  writeCounter(out, stats.inPps, whole);
  writeCounter(out, stats.outPps, whole);
  writeBytes(out, stats.inBps, stats.outBps, exact);
}

/** Writes rates as ipvsadm shows a server's: connections and packets are never shortened. */
export function writeServerRates(out: TextBuffer, stats: Stats, exact: boolean): void {
  writeRates(out, stats, exact, true);
}

function writeBytes(out: TextBuffer, incoming: bigint, outgoing: bigint, exact: boolean): void {
  writeCounter(out, incoming, exact);
  writeCounter(out, outgoing, exact);
}
