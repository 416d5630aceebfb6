// SPDX-License-Identifier: GPL-2.0-only
// The kernel's family IPVS. The numbers are those of linux/ip_vs.h; a unit
// test compares them with the header where one is installed.
import type { AttributeSet } from "../../netlink/attribute-set.js";

export const family = { name: "IPVS", version: 1 } as const;

export const commands = {
  newService: 1,
  setService: 2,
  delService: 3,
  getService: 4,
  newDest: 5,
  setDest: 6,
  delDest: 7,
  getDest: 8,
  newDaemon: 9,
  delDaemon: 10,
  getDaemon: 11,
  setConfig: 12,
  getConfig: 13,
  setInfo: 14,
  getInfo: 15,
  zero: 16,
  flush: 17,
} as const;

/** STATS64: counters since the start or the last zeroing, and rates per second. */
export const statsAttributes = {
  conns: { id: 1, type: "u64" },
  inPkts: { id: 2, type: "u64" },
  outPkts: { id: 3, type: "u64" },
  inBytes: { id: 4, type: "u64" },
  outBytes: { id: 5, type: "u64" },
  cps: { id: 6, type: "u64" },
  inPps: { id: 7, type: "u64" },
  outPps: { id: 8, type: "u64" },
  inBps: { id: 9, type: "u64" },
  outBps: { id: 10, type: "u64" },
  pad: { id: 11, type: "pad" },
} as const satisfies AttributeSet;

export const serviceAttributes = {
  af: { id: 1, type: "u16" },
  protocol: { id: 2, type: "u16" },
  /** 16 bytes; an IPv4 address is the first 4. */
  addr: { id: 3, type: "binary" },
  port: { id: 4, type: "u16", bigEndian: true },
  fwmark: { id: 5, type: "u32" },
  schedName: { id: 6, type: "string" },
  /** Two u32: the flags, and a mask of those meant. */
  flags: { id: 7, type: "binary" },
  /** Persistence timeout in seconds. */
  timeout: { id: 8, type: "u32" },
  /** IPv4: the mask's 4 bytes as they stand; IPv6: a prefix length in host order. */
  netmask: { id: 9, type: "u32" },
  peName: { id: 11, type: "string" },
  stats64: { id: 12, type: "nest", nested: statsAttributes },
} as const satisfies AttributeSet;

export const destAttributes = {
  addr: { id: 1, type: "binary" },
  port: { id: 2, type: "u16", bigEndian: true },
  fwdMethod: { id: 3, type: "u32" },
  weight: { id: 4, type: "u32" },
  uThresh: { id: 5, type: "u32" },
  lThresh: { id: 6, type: "u32" },
  activeConns: { id: 7, type: "u32" },
  inactConns: { id: 8, type: "u32" },
  persistConns: { id: 9, type: "u32" },
  addrFamily: { id: 11, type: "u16" },
  stats64: { id: 12, type: "nest", nested: statsAttributes },
  tunType: { id: 13, type: "u8" },
  tunPort: { id: 14, type: "u16", bigEndian: true },
  tunFlags: { id: 15, type: "u16" },
} as const satisfies AttributeSet;

export const daemonAttributes = {
  state: { id: 1, type: "u32" },
  mcastIfn: { id: 2, type: "string" },
  syncId: { id: 3, type: "u32" },
  syncMaxlen: { id: 4, type: "u16" },
  mcastGroup: { id: 5, type: "binary" },
  mcastGroup6: { id: 6, type: "binary" },
  mcastPort: { id: 7, type: "u16" },
  mcastTtl: { id: 8, type: "u8" },
} as const satisfies AttributeSet;

/** Top level of every command but GET_INFO's reply. Timeouts in seconds. */
export const commandAttributes = {
  service: { id: 1, type: "nest", nested: serviceAttributes },
  dest: { id: 2, type: "nest", nested: destAttributes },
  daemon: { id: 3, type: "nest", nested: daemonAttributes },
  timeoutTcp: { id: 4, type: "u32" },
  timeoutTcpFin: { id: 5, type: "u32" },
  timeoutUdp: { id: 6, type: "u32" },
} as const satisfies AttributeSet;

export const infoAttributes = {
  /** 0x00MMmmpp */
  version: { id: 1, type: "u32" },
  connTabSize: { id: 2, type: "u32" },
} as const satisfies AttributeSet;

export const serviceFlag = { persistent: 0x1, onePacket: 0x4, sched1: 0x8, sched2: 0x10, sched3: 0x20 } as const;

/** Forwarding methods, in 3 bits. FULLNAT is 5 wherever it exists; upstream has no name for it. */
export const forwardingMethod = { masq: 0, local: 1, tunnel: 2, route: 3, bypass: 4, fullnat: 5 } as const;
export const FORWARDING_MASK = 0x7;

export const tunnelType = { ipip: 0, gue: 1, gre: 2 } as const;
export const tunnelFlag = { nocsum: 0, csum: 1, remcsum: 2 } as const;
export const daemonState = { master: 1, backup: 2 } as const;
