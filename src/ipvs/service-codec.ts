// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../model/address.js";
import type { Protocol, Service, ServiceEntry, ServiceKey } from "../model/service.js";
import { malformed, type Values } from "../netlink/index.js";
import { serviceFlag, type serviceAttributes } from "./abi/ipvs.js";
import {
  familyNumber,
  familyOf,
  nameOf,
  rawBytes,
  rawU32,
  readAddress,
  readStats,
  required,
  unionAddress,
} from "./wire.js";

type ServiceValues = Values<typeof serviceAttributes>;

/** IPPROTO numbers of the protocols that IPVS balances. */
const protocols: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** All of the flags are meant. */
const ALL_FLAGS = 0xffffffff;
const FULL_MASK: Readonly<Record<Family, number>> = { ipv4: 0xffffffff, ipv6: 128 };

const keyFamily = (key: ServiceKey): Family => (key.kind === "fwmark" ? key.family : key.address.family);

/** What identifies a service. */
export function writeServiceKey(key: ServiceKey): ServiceValues {
  const af = familyNumber(keyFamily(key));
  if (key.kind === "fwmark") return { af, fwmark: key.fwmark };
  return { af, protocol: protocols[key.protocol], addr: unionAddress(key.address), port: key.port };
}

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

/** All of a service, as adding and editing want it. */
export function writeService(service: Service): ServiceValues {
  const flags = new Uint8Array(8);
  flags.set(rawBytes(flagsOf(service)));
  flags.set(rawBytes(ALL_FLAGS), 4);
  return {
    ...writeServiceKey(service.key),
    schedName: service.scheduler,
    peName: service.peName,
    flags,
    timeout: service.persistent ?? 0,
    netmask: writeNetmask(service),
  };
}

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
