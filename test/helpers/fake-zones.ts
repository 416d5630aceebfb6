// SPDX-License-Identifier: GPL-2.0-only
import * as abi from "../../src/ipvs/abi/fnat.js";
import type { Values } from "../../src/netlink/index.js";
import { Refusal } from "./fake-transport.js";

type MainValues = Values<typeof abi.mainAttributes>;
type ZoneValues = Values<typeof abi.zoneAttributes>;
type LaddrValues = Values<typeof abi.laddrAttributes>;

interface FakeZone {
  readonly af: number;
  readonly network: Uint8Array;
  readonly length: number;
  laddrs: LaddrValues[];
}

const PORTS = 60536;
/** The address as a number. */
export const addressNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const bytesOf = (value: bigint, length: number): Uint8Array =>
  Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex");

const isZone =
  ({ af, network = new Uint8Array(), length }: ZoneValues) =>
  (zone: FakeZone): boolean =>
    zone.af === af && zone.length === length && Buffer.compare(zone.network, network) === 0;

/** Which addresses are within the range, and those of the range. */
export function rangeOf(laddr: LaddrValues | undefined) {
  const { first, last = first } = laddr ?? {};
  if (first === undefined || last === undefined) throw new Refusal("EINVAL", "laddr is missing");
  const [from, to] = [addressNumber(first), addressNumber(last)];
  if (to < from) throw new Refusal("EINVAL", "range ends before it begins");
  const inside = (one: LaddrValues) => addressNumber(one.first!) >= from && addressNumber(one.first!) <= to;
  const wanted = Array.from({ length: Number(to - from) + 1 }, (_, i) => bytesOf(from + BigInt(i), first.length));
  return { inside, wanted };
}

/** The module's zones, kept in memory. */
export class FakeZones {
  #zones: FakeZone[] = [];

  /** IPVS was flushed. */
  clear(): void {
    this.#zones = [];
  }

  /** The counters of the local address that `pick` picks. */
  setCounters(pick: (laddr: LaddrValues) => boolean, counters: LaddrValues): void {
    for (const zone of this.#zones) zone.laddrs = zone.laddrs.map((laddr) => (pick(laddr) ? { ...laddr, ...counters } : laddr));
  }

  /** False when the command is not about zones. */
  change(command: number, values: MainValues): boolean {
    switch (command) {
      case abi.commands.zoneNew:
        this.#add(values);
        return true;
      case abi.commands.zoneDel:
        this.#zones.splice(this.#find(values.zone), 1);
        return true;
      case abi.commands.laddrNew:
        this.#addLaddrs(values);
        return true;
      case abi.commands.laddrDel:
        this.#deleteLaddrs(values);
        return true;
      default:
        return false;
    }
  }

  *list({ zone: wanted }: MainValues): Generator<MainValues> {
    const only = wanted && this.#zones[this.#find(wanted)];
    for (const af of [2, 10]) {
      for (const zone of this.#zones) {
        if (zone.af !== af || (only && only !== zone)) continue;
        const { network, length, laddrs } = zone;
        const values = { af, network, length, total: laddrs.length };
        yield { zone: values };
        for (const laddr of laddrs) yield { zone: values, laddr };
      }
    }
  }

  #find(zone: ZoneValues | undefined, message = "the zone is not there"): number {
    const index = this.#zones.findIndex(isZone(zone ?? {}));
    if (index < 0) throw new Refusal("ESRCH", message);
    return index;
  }

  #add({ zone, before }: MainValues): void {
    const { af, network, length } = zone ?? {};
    if (af === undefined || network === undefined || length === undefined) throw new Refusal("EINVAL", "zone is missing");
    if (this.#zones.some(isZone({ af, network, length }))) throw new Refusal("EEXIST", "the zone is there");
    const at = before ? this.#find(before, "the zone to put it before is not there") : this.#zones.length;
    this.#zones.splice(at, 0, { af, network, length, laddrs: [] });
  }

  /** The zone, its addresses within the range, and those of the range. */
  #range({ zone, laddr }: MainValues) {
    return { found: this.#zones[this.#find(zone)]!, ...rangeOf(laddr) };
  }

  #addLaddrs(values: MainValues): void {
    const { found, inside, wanted } = this.#range(values);
    if (found.laddrs.some(inside)) throw new Refusal("EEXIST", "the zone has it, or one of the range");
    found.laddrs.push(...wanted.map((first) => ({ first, flows: 0, conflicts: 0n, used: 0, free: PORTS })));
  }

  #deleteLaddrs(values: MainValues): void {
    const { found, inside, wanted } = this.#range(values);
    const rest = found.laddrs.filter((laddr) => !inside(laddr));
    if (found.laddrs.length - rest.length !== wanted.length) throw new Refusal("ENOENT", "the zone lacks it, or one of the range");
    found.laddrs = rest;
  }
}
