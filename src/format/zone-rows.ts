// SPDX-License-Identifier: GPL-2.0-only
import type { ZoneEntry } from "../model/zone.js";
import { formatNetwork } from "../model/zone.js";
import { laddrCells, laddrRow } from "./address-rows.js";

const titles = ["NET/MASK", "TOTAL", "SNAT_IP", "CONFLICTS", "CONNS", "USED", "FREE"];

/** Width of dsnat's first column, and a space. */
const FIRST = 31;

/** Zones in order, each with the number of its local addresses and a row for every one. */
export function zonesText(zones: readonly ZoneEntry[]): string {
  let text = laddrRow(titles, FIRST);
  for (const { network, addresses } of zones) {
    text += laddrRow([formatNetwork(network), String(addresses.length)], FIRST);
    for (const address of addresses) text += laddrRow(laddrCells(address), FIRST);
  }
  return text;
}
