// SPDX-License-Identifier: GPL-2.0-only
import type { Host } from "./host.js";

/** A kernel module on disk, as modinfo tells of it. */
export interface ModuleFile {
  readonly path: string;
  /** Only tsipvsadm's ip_vs has one. */
  readonly version?: string;
  /** Checksum of the sources; what is loaded shows the same in /sys/module. */
  readonly srcversion?: string;
  /** The release that it is for, from the vermagic. */
  readonly release?: string;
  readonly signer?: string;
  /** Modules that have to be loaded before. */
  readonly depends: readonly string[];
  /** Names of its parameters. */
  readonly parameters: readonly string[];
}

/** The module that modprobe would load for a kernel, or that a path names; undefined when there is none. */
export function moduleFile(host: Host, module: string, release = host.release): ModuleFile | undefined {
  const { status, out } = host.run("modinfo", ["-k", release, "--", module]);
  if (status !== 0) return undefined;
  const fields = new Map<string, string[]>();
  for (const line of out.split("\n")) {
    const [, name, value] = /^([a-z_0-9]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields.set(name, [...(fields.get(name) ?? []), value!]);
  }
  const one = (name: string): string | undefined => fields.get(name)?.[0] || undefined;
  const path = one("filename");
  // "(builtin)" is no file.
  if (path === undefined || path.startsWith("(")) return undefined;
  const [version, srcversion, signer] = [one("version"), one("srcversion"), one("signer")];
  const vermagic = one("vermagic")?.split(" ")[0];
  return {
    path,
    ...(version !== undefined && { version }),
    ...(srcversion !== undefined && { srcversion }),
    ...(vermagic !== undefined && { release: vermagic }),
    ...(signer !== undefined && { signer }),
    depends: (one("depends") ?? "").split(",").filter((name) => name !== ""),
    parameters: (fields.get("parm") ?? []).map((text) => text.split(":")[0]!),
  };
}
