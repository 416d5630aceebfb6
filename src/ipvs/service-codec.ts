// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../model/address.js";
import type { Protocol, Service, ServiceEntry, ServiceKey } from "../model/service.js";
import { type AttributeEncoder, malformed, type Values } from "../netlink/index.js";
import { commandAttributes, serviceFlag, serviceAttributes as wire } from "./abi/ipvs.js";
import type { Write } from "./session.js";
import { familyNumber, familyOf, nameOf, rawBytes, rawU32, readAddress, readStats, required, UNION_LENGTH } from "./wire.js";

type ServiceValues = Values<typeof wire>;

/** IPPROTO numbers of the protocols that IPVS balances. */
const protocols: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** All of the flags are meant. */
const ALL_FLAGS = 0xffffffff;
const FULL_MASK: Readonly<Record<Family, number>> = { ipv4: 0xffffffff, ipv6: 128 };

const keyFamily = (key: ServiceKey): Family => (key.kind === "fwmark" ? key.family : key.address.family);

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

function readKey(values: ServiceValues, family: Family): ServiceKey {
  if (values.fwmark !== undefined) return { kind: "fwmark", family, fwmark: values.fwmark };
  return {
    kind: "address",
    protocol: nameOf(protocols, required(values.protocol, "protocol of a service"), "service protocol"),
    address: readAddress(family, required(values.addr, "address of a service")),
    port: required(values.port, "port of a service"),
  };
}

/** A service as the kernel describes it. */
export function readService(values: ServiceValues): ServiceEntry {
  const family = familyOf(required(values.af, "address family of a service"));
  const flagBytes = required(values.flags, "flags of a service");
  if (flagBytes.length < 4) throw malformed(`service flags of ${flagBytes.length} bytes`);
  const flags = rawU32(flagBytes);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const schedFlags = [has(serviceFlag.sched1), has(serviceFlag.sched2), has(serviceFlag.sched3)] as const;
  const netmask = values.netmask ?? FULL_MASK[family];
  const mask = family === "ipv6" ? netmask : { family, bytes: rawBytes(netmask) };
  return {
    key: readKey(values, family),
    scheduler: values.schedName ?? "none",
    ...(has(serviceFlag.persistent) ? { persistent: values.timeout ?? 0 } : {}),
    ...(netmask === FULL_MASK[family] ? {} : { netmask: mask }),
    ...(values.peName === undefined ? {} : { peName: values.peName }),
    ...(has(serviceFlag.onePacket) ? { onePacket: true } : {}),
    ...(schedFlags.includes(true) ? { schedFlags } : {}),
    stats: readStats(values.stats64),
  };
}
