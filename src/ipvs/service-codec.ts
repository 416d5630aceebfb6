// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../model/address.js";
import type { Protocol, Service, ServiceEntry, ServiceKey } from "../model/service.js";
import { NO_STATS } from "../model/stats.js";
import { type AttributeEncoder, AttributeIndex, hostU32, malformed } from "../netlink/index.js";
import { serviceSynproxy as SYNPROXY } from "./abi/fnat.js";
import { commandAttributes, serviceFlag, serviceAttributes as wire } from "./abi/ipvs.js";
import type { Write } from "./request.js";
import { AddressPlace, familyNumber, familyOf, rawBytes, rawU32, statsOf, UNION_LENGTH } from "./wire.js";

/** IPPROTO numbers of the protocols that IPVS balances. */
export const protocols: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** All of the flags are meant. */
const ALL_FLAGS = 0xffffffff;
const ANY_SCHED_FLAG = serviceFlag.sched1 | serviceFlag.sched2 | serviceFlag.sched3;
const FULL_MASK: Readonly<Record<Family, number>> = { ipv4: 0xffffffff, ipv6: 128 };

/** Family of a service's address, or of its mark. */
export const keyFamily = (key: ServiceKey): Family => (key.kind === "fwmark" ? key.family : key.address.family);

/** Writes what identifies a service. */
function writeServiceKey(encoder: AttributeEncoder, key: ServiceKey): void {
  encoder.u16(wire.af.id, familyNumber(keyFamily(key)));
  if (key.kind === "fwmark") {
    encoder.u32(wire.fwmark.id, key.fwmark);
    return;
  }
  encoder.u16(wire.protocol.id, protocols[key.protocol]);
  encoder.padded(wire.addr.id, key.address.bytes, UNION_LENGTH);
  encoder.u16(wire.port.id, key.port, true);
}

/** What a request about a service says: which one it is. */
export function writeService(encoder: AttributeEncoder, key: ServiceKey): void {
  const start = encoder.open(commandAttributes.service.id);
  writeServiceKey(encoder, key);
  encoder.close(commandAttributes.service.id, start);
}

export const serviceKeyBody = (key: ServiceKey): Write => (encoder) => writeService(encoder, key);

function flagsOf(service: Service): number {
  const [sched1, sched2, sched3] = service.schedFlags ?? [false, false, false];
  return (
    (service.persistent === undefined ? 0 : serviceFlag.persistent) |
    (service.onePacket === true ? serviceFlag.onePacket : 0) |
    (sched1 ? serviceFlag.sched1 : 0) |
    (sched2 ? serviceFlag.sched2 : 0) |
    (sched3 ? serviceFlag.sched3 : 0) |
    (service.synproxy === true ? SYNPROXY : 0)
  );
}

function writeNetmask(service: Service): number {
  const { netmask } = service;
  if (netmask === undefined) return FULL_MASK[keyFamily(service.key)];
  return typeof netmask === "number" ? netmask : rawU32(netmask.bytes);
}

/** What a request that adds or edits a service says. */
export const serviceBody = (service: Service): Write => (encoder) => {
  const start = encoder.open(commandAttributes.service.id);
  writeServiceKey(encoder, service.key);
  encoder.string(wire.schedName.id, service.scheduler);
  if (service.peName !== undefined) encoder.string(wire.peName.id, service.peName);
  encoder.u32Pair(wire.flags.id, flagsOf(service), ALL_FLAGS);
  encoder.u32(wire.timeout.id, service.persistent ?? 0);
  encoder.u32(wire.netmask.id, writeNetmask(service));
  encoder.close(commandAttributes.service.id, start);
};

/** Number of a service's protocol, back to its name. */
const protocolNames: Readonly<Record<number, Protocol>> = { 6: "tcp", 17: "udp", 132: "sctp" };

const command = new AttributeIndex(commandAttributes);
const index = new AttributeIndex(wire, "of a service");

type AddressKey = Extract<ServiceKey, { kind: "address" }>;
type MarkKey = Extract<ServiceKey, { kind: "fwmark" }>;
type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Where services are read into, each over the one before. */
export class ServicePlace {
  readonly #address = new AddressPlace();
  readonly #addressKey: Writable<AddressKey> = { kind: "address", protocol: "tcp", address: this.#address.of("ipv4"), port: 0 };
  readonly #markKey: Writable<MarkKey> = { kind: "fwmark", family: "ipv4", fwmark: 0 };
  readonly #entry: Writable<ServiceEntry> = {
    key: this.#addressKey,
    scheduler: "",
    stats: NO_STATS,
    persistent: undefined,
    netmask: undefined,
    peName: undefined,
    onePacket: undefined,
    schedFlags: undefined,
    synproxy: undefined,
  };

  /**
   * A service as the attributes of a reply of the kernel describe it; without
   * its counters unless they are wanted. Throws EBADMSG.
   */
  read(bytes: Uint8Array, attributesStart: number, end: number, counters: boolean): ServiceEntry {
    command.read(bytes, attributesStart, end);
    index.read(bytes, command.start(commandAttributes.service), command.end(commandAttributes.service));
    const family = familyOf(index.number(wire.af));
    const entry = this.#entry;
    entry.key = this.#key(bytes, family);
    entry.scheduler = index.has(wire.schedName) ? index.text(wire.schedName) : "none";
    entry.stats = counters ? statsOf(index, wire.stats64, bytes) : NO_STATS;
    const netmask = index.has(wire.netmask) ? index.number(wire.netmask) : FULL_MASK[family];
    entry.netmask = netmask === FULL_MASK[family] ? undefined : family === "ipv6" ? netmask : { family, bytes: rawBytes(netmask) };
    entry.peName = index.has(wire.peName) ? index.text(wire.peName) : undefined;
    setFlags(entry, readFlags(bytes));
    return entry;
  }

  #key(bytes: Uint8Array, family: Family): ServiceKey {
    if (index.has(wire.fwmark)) {
      const key = this.#markKey;
      key.family = family;
      key.fwmark = index.number(wire.fwmark);
      return key;
    }
    const number = index.number(wire.protocol);
    const protocol = protocolNames[number];
    if (protocol === undefined) throw malformed(`service protocol ${number}`);
    const key = this.#addressKey;
    key.protocol = protocol;
    key.address = this.#address.read(family, bytes, index.start(wire.addr), index.end(wire.addr));
    key.port = index.number(wire.port);
    return key;
  }
}

/** What a service's flags say. */
function setFlags(entry: Writable<ServiceEntry>, flags: number): void {
  const { persistent, onePacket, sched1, sched2, sched3 } = serviceFlag;
  entry.persistent = (flags & persistent) === 0 ? undefined : index.has(wire.timeout) ? index.number(wire.timeout) : 0;
  entry.onePacket = (flags & onePacket) === 0 ? undefined : true;
  entry.synproxy = (flags & SYNPROXY) === 0 ? undefined : true;
  const scheduler = (flags & ANY_SCHED_FLAG) !== 0;
  entry.schedFlags = scheduler ? [(flags & sched1) !== 0, (flags & sched2) !== 0, (flags & sched3) !== 0] : undefined;
}

/** The first of the flags' two words. */
function readFlags(bytes: Uint8Array): number {
  const start = index.start(wire.flags);
  const length = index.end(wire.flags) - start;
  if (length < 4) throw malformed(`service flags of ${length} bytes`);
  return hostU32(bytes, start);
}
