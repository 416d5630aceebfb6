// SPDX-License-Identifier: GPL-2.0-only
// The hand-written table of the family IPVS against the kernel's own header.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as abi from "../../../src/ipvs/abi/ipvs.js";
import type { AttributeSet } from "../../../src/netlink/attribute-set.js";

const HEADER = "/usr/include/linux/ip_vs.h";

/** Every enumerator and numeric macro of a C header. */
function cNumbers(path: string): ReadonlyMap<string, number> {
  const text = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const numbers = new Map<string, number>();
  for (const [, body] of text.matchAll(/enum\s*\{([^}]*)\}/g)) {
    let next = 0;
    for (const item of body!.split(",").map((part) => part.trim())) {
      const match = /^(\w+)(?:\s*=\s*(\d+))?$/.exec(item);
      if (match === null) continue;
      if (match[2] !== undefined) next = Number(match[2]);
      numbers.set(match[1]!, next++);
    }
  }
  for (const [, name, shift, plain] of text.matchAll(/#define\s+(\w+)\s+(?:\(1 << (\d+)\)|\(?(0x[0-9a-fA-F]+|\d+)\)?)/g)) {
    numbers.set(name!, shift === undefined ? Number(plain) : 2 ** Number(shift));
  }
  return numbers;
}

const flat = (name: string): string => name.replace(/[A-Z]/g, "_$&").toUpperCase();
const squeezed = (name: string): string => name.toUpperCase();

/** "newService" is NEW_SERVICE, "inPkts" is INPKTS. */
function expected(header: ReadonlyMap<string, number>, prefix: string, name: string): number | undefined {
  return header.get(prefix + flat(name)) ?? header.get(prefix + squeezed(name));
}

const sets: ReadonlyArray<readonly [string, AttributeSet, string]> = [
  ["command", abi.commandAttributes, "IPVS_CMD_ATTR_"],
  ["service", abi.serviceAttributes, "IPVS_SVC_ATTR_"],
  ["dest", abi.destAttributes, "IPVS_DEST_ATTR_"],
  ["daemon", abi.daemonAttributes, "IPVS_DAEMON_ATTR_"],
  ["stats", abi.statsAttributes, "IPVS_STATS_ATTR_"],
  ["info", abi.infoAttributes, "IPVS_INFO_ATTR_"],
];

/** Names of ours that are not the header's. */
const renamed: Readonly<Record<string, string>> = { mcastGroup6: "MCAST_GROUP6", stats64: "STATS64" };

const present = existsSync("/usr/include/linux/netlink.h");
(present ? describe : describe.skip)(`numbers of ${HEADER}`, () => {
  const header = present ? cNumbers(HEADER) : new Map<string, number>();

  test("commands", () => {
    for (const [name, number] of Object.entries(abi.commands)) {
      expect([name, expected(header, "IPVS_CMD_", name)]).toEqual([name, number]);
    }
    expect(Object.values(abi.commands)).toHaveLength(header.get("IPVS_CMD_FLUSH")!);
  });

  test.each(sets)("%s attributes", (_, set, prefix) => {
    for (const [name, { id }] of Object.entries(set)) {
      const number = header.get(prefix + renamed[name]) ?? expected(header, prefix, name);
      expect([name, number]).toEqual([name, id]);
    }
  });

  test("flags and enumerations", () => {
    const { masq, local, tunnel, route, bypass } = abi.forwardingMethod;
    expect({
      persistent: header.get("IP_VS_SVC_F_PERSISTENT"),
      onePacket: header.get("IP_VS_SVC_F_ONEPACKET"),
      sched1: header.get("IP_VS_SVC_F_SCHED1"),
      sched2: header.get("IP_VS_SVC_F_SCHED2"),
      sched3: header.get("IP_VS_SVC_F_SCHED3"),
    }).toEqual(abi.serviceFlag);
    expect([masq, local, tunnel, route, bypass]).toEqual(
      ["MASQ", "LOCALNODE", "TUNNEL", "DROUTE", "BYPASS"].map((name) => header.get(`IP_VS_CONN_F_${name}`)),
    );
    expect(abi.FORWARDING_MASK).toBe(header.get("IP_VS_CONN_F_FWD_MASK"));
    for (const [name, number] of Object.entries(abi.tunnelType)) {
      expect(header.get(`IP_VS_CONN_F_TUNNEL_TYPE_${name.toUpperCase()}`)).toBe(number);
    }
    for (const [name, number] of Object.entries(abi.tunnelFlag)) {
      expect(header.get(`IP_VS_TUNNEL_ENCAP_FLAG_${name.toUpperCase()}`)).toBe(number);
    }
    for (const [name, number] of Object.entries(abi.daemonState)) {
      expect(header.get(`IP_VS_STATE_${name.toUpperCase()}`)).toBe(number);
    }
  });

  test("FULLNAT's number is one that upstream leaves free", () => {
    const upstream = ["MASQ", "LOCALNODE", "TUNNEL", "DROUTE", "BYPASS"].map((name) => header.get(`IP_VS_CONN_F_${name}`));
    expect(upstream).not.toContain(abi.forwardingMethod.fullnat);
  });
});

test("what the spec makes is what is committed", () => {
  const root = join(__dirname, "../../..");
  expect(() => execFileSync(process.execPath, ["scripts/gen-abi.mjs", "--check"], { cwd: root, stdio: "pipe" })).not.toThrow();
});
