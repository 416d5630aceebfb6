// SPDX-License-Identifier: GPL-2.0-only
import { type Exchange, resolveFamily } from "../netlink/index.js";
import * as fnat from "./abi/fnat.js";
import * as ipvs from "./abi/ipvs.js";
import { noIpvs, noSnat } from "./error.js";
import type { Resolve } from "./family-numbers.js";

export const ipvsFamily = { ...ipvs.family, attributes: ipvs.commandAttributes } as const;
export const fnatFamily = { ...fnat.family, attributes: fnat.mainAttributes } as const;

/** Loads the kernel's IPVS; whether that helped shows in what it answers then. */
export type LoadModule = () => Promise<void>;

export const isRoot = (): boolean => process.geteuid?.() === 0;

/**
 * Runs modprobe as ipvsadm does, with what it says shown. Asking the kernel
 * for the family has tried that already where it can.
 */
export async function modprobe(): Promise<void> {
  if (!isRoot()) return;
  const { spawnSync } = await import("node:child_process");
  spawnSync("/sbin/modprobe", ["--", "ip_vs"], { stdio: ["ignore", "inherit", "inherit"] });
}

async function resolveIpvs(exchange: Exchange, load: LoadModule): Promise<number> {
  const found = await resolveFamily(exchange, ipvsFamily.name);
  if (found !== undefined) return found;
  await load();
  const loaded = await resolveFamily(exchange, ipvsFamily.name);
  if (loaded === undefined) throw noIpvs(isRoot());
  return loaded;
}

/**
 * Numbers of the two families. Without IPVS in the kernel, `load` is tried
 * once; then the error says that IPVS is missing, or that its module has no SNAT.
 */
export function familyResolver(load: LoadModule): Resolve {
  return async (exchange, name) => {
    const base = await resolveIpvs(exchange, load);
    if (name === ipvsFamily.name) return base;
    const id = await resolveFamily(exchange, name);
    if (id === undefined) throw noSnat("init");
    return id;
  };
}
