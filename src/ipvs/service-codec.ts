// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../model/address.js";
import type { Protocol, Service, ServiceEntry, ServiceKey } from "../model/service.js";
import { NO_STATS } from "../model/stats.js";
import { type AttributeEncoder, AttributeIndex, hostU32, malformed, type Reply } from "../netlink/index.js";
import { commandAttributes, serviceFlag, serviceAttributes as wire } from "./abi/ipvs.js";
import type { Write } from "./request.js";
import { addressAt, familyNumber, familyOf, rawBytes, rawU32, statsOf, UNION_LENGTH } from "./wire.js";

type Written = { -readonly [Name in keyof ServiceEntry]: ServiceEntry[Name] };

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
export const serviceKeyBody = (key: ServiceKey): Write => (encoder) => {
  const start = encoder.open(commandAttributes.service.id);
  writeServiceKey(encoder, key);
  encoder.close(commandAttributes.service.id, start);
};

function flagsOf(service: Service): number {
  const [sched1, sched2, sched3] = service.schedFlags ?? [false, false, false];
  return (
    (service.persistent === undefined ? 0 : serviceFlag.persistent) |
    (service.onePacket === true ? serviceFlag.onePacket : 0) |
    (sched1 ? serviceFlag.sched1 : 0) |
    (sched2 ? serviceFlag.sched2 : 0) |
    (sched3 ? serviceFlag.sched3 : 0)
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

function readKey(bytes: Uint8Array, family: Family): ServiceKey {
  if (index.has(wire.fwmark)) return { kind: "fwmark", family, fwmark: index.number(wire.fwmark) };
  const number = index.number(wire.protocol);
  const protocol = protocolNames[number];
  if (protocol === undefined) throw malformed(`service protocol ${number}`);
  const address = addressAt(family, bytes, index.start(wire.addr), index.end(wire.addr));
  return { kind: "address", protocol, address, port: index.number(wire.port) };
}

/** A service as a reply of the kernel describes it; without its counters unless they are wanted. Throws EBADMSG. */
export function readService(reply: Reply, counters: boolean): ServiceEntry {
  const { bytes } = reply;
  command.read(bytes, reply.attributesStart, reply.end);
  index.read(bytes, command.start(commandAttributes.service), command.end(commandAttributes.service));
  const family = familyOf(index.number(wire.af));
  const flags = readFlags(bytes);
  const entry: Written = {
    key: readKey(bytes, family),
    scheduler: index.has(wire.schedName) ? index.text(wire.schedName) : "none",
    stats: counters ? statsOf(index, wire.stats64, bytes) : NO_STATS,
  };
  if ((flags & serviceFlag.persistent) !== 0) entry.persistent = index.has(wire.timeout) ? index.number(wire.timeout) : 0;
  const netmask = index.has(wire.netmask) ? index.number(wire.netmask) : FULL_MASK[family];
  if (netmask !== FULL_MASK[family]) entry.netmask = family === "ipv6" ? netmask : { family, bytes: rawBytes(netmask) };
  if (index.has(wire.peName)) entry.peName = index.text(wire.peName);
  if ((flags & serviceFlag.onePacket) !== 0) entry.onePacket = true;
  if ((flags & ANY_SCHED_FLAG) !== 0) {
    const { sched1, sched2, sched3 } = serviceFlag;
    entry.schedFlags = [(flags & sched1) !== 0, (flags & sched2) !== 0, (flags & sched3) !== 0];
  }
  return entry;
}

/** The first of the flags' two words. */
function readFlags(bytes: Uint8Array): number {
  const start = index.start(wire.flags);
  const length = index.end(wire.flags) - start;
  if (length < 4) throw malformed(`service flags of ${length} bytes`);
  return hostU32(bytes, start);
}
