// SPDX-License-Identifier: GPL-2.0-only
import type { Host } from "./host.js";
import type { ModuleFile } from "./module-file.js";

const SYS = "/sys/module/ip_vs";

/** The ip_vs in the kernel now. */
export interface LoadedModule {
  /** "built in": part of the kernel, so that nothing can take its place. */
  readonly origin: "stock" | "tsipvsadm" | "built in";
  readonly version?: string;
  readonly srcversion?: string;
  /** Modules that stand on it. */
  readonly users: readonly string[];
  /** Everything that keeps it loaded: those modules, services, sync daemons. */
  readonly references: number;
}

/** One line of /proc/modules. */
export interface ModuleLine {
  readonly name: string;
  readonly references: number;
  readonly users: readonly string[];
}

/** The modules that are loaded, by name. */
export function loadedModules(host: Host): ReadonlyMap<string, ModuleLine> {
  const modules = new Map<string, ModuleLine>();
  for (const line of (host.read("/proc/modules") ?? "").split("\n")) {
    const [name, , references, users] = line.split(" ");
    if (name === undefined || users === undefined) continue;
    modules.set(name, { name, references: Number(references), users: users.split(",").filter((user) => user !== "" && user !== "-") });
  }
  return modules;
}

/** undefined when no ip_vs is loaded. */
export function loadedModule(host: Host): LoadedModule | undefined {
  if (!host.exists(SYS)) return undefined;
  const line = loadedModules(host).get("ip_vs");
  const version = host.read(`${SYS}/version`)?.trim();
  const srcversion = host.read(`${SYS}/srcversion`)?.trim();
  return {
    origin: line === undefined ? "built in" : host.exists(`${SYS}/parameters/flow_max`) ? "tsipvsadm" : "stock",
    ...(version !== undefined && { version }),
    ...(srcversion !== undefined && { srcversion }),
    users: line?.users ?? [],
    references: line?.references ?? 0,
  };
}

/** Was the loaded module made of the same sources as the file? */
export function isLoaded(loaded: LoadedModule, file: ModuleFile): boolean {
  return loaded.srcversion !== undefined && loaded.srcversion === file.srcversion;
}
