// SPDX-License-Identifier: GPL-2.0-only
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

/** A connection as the kernel writes it in /proc/net/ip_vs_conn. */
const row = (protocol: string, addresses: readonly string[], state: string, expires: number, engine = ""): string =>
  `${protocol.padEnd(3)} ${addresses.join(" ")} ${state.padEnd(11)} ${String(expires).padStart(7)}${engine}\n`;

const six = (end: string): string => `fd00:0000:0000:0000:0000:0000:0000:${end}`;

const header = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";

const text = [
  header,
  row("TCP", ["0A090001", "C001", "0A010001", "0050", "0A090002", "0050"], "ESTABLISHED", 899),
  row("TCP", ["0A090003", "FFFF", "0A010001", "01BB", "0A090001", "1F90"], "SYN_RECV", 59),
  row("UDP", ["0A090001", "0000", "0A010001", "0035", "0A090003", "0035"], "UDP", 0),
  row("UDP", ["01020304", "13C4", "0A010001", "13C4", "0A090001", "13C4"], "UDP", 299, " sip 5f3a@10.9.0.1"),
  row("TCP", [six("0001"), "C001", six("0009"), "0050", six("0002"), "0050"], "FIN_WAIT", 119),
  row("TCP", [six("0001"), "C002", six("0009"), "0050", "0A090002", "0050"], "TIME_WAIT", 6000),
  row("SCTP", ["0A090001", "1628", "0A010001", "1628", "0A090002", "1628"], "ESTABLISHED", 65535),
  row("IP", ["0A090001", "0000", "00000007", "0000", "0A090002", "0000"], "NONE", 359),
  row("AH", ["0A090001", "01F4", "0A010001", "01F4", "0A090002", "01F4"], "NONE", 100000),
].join("");

const directory = resolve("net");

/** A table of connections of every kind, alone in a directory that can stand in the place of /proc/net. */
export const connectionTable = `${directory}/ip_vs_conn`;

mkdirSync(directory, { recursive: true });
writeFileSync(connectionTable, text);
