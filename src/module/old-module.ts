// SPDX-License-Identifier: GPL-2.0-only
// The file of the ip_vs that is loaded, so that it can come back.
import { copyFileSync, mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Host } from "./host.js";
import type { LoadedModule } from "./loaded.js";
import { isLoaded } from "./loaded.js";
import type { Wanted } from "./load.js";
import { findModule, isOurs, schedulerPath } from "./load.js";
import type { ModuleFile } from "./module-file.js";
import { moduleFile } from "./module-file.js";

/** Copies of what is loaded, since a build may have replaced its file; gone with the next boot, as is what they are copies of. */
const KEPT = "/run/tsipvsadm/modules";

/** The loaded ip_vs as it would be loaded again, with the parameters that it has; undefined when its file is nowhere. */
export function loadedFile(host: Host, loaded: LoadedModule, next: ModuleFile): Wanted | undefined {
  const folder = loaded.origin === "stock" ? `/lib/modules/${host.release}/kernel/net/netfilter/ipvs` : join(KEPT, loaded.srcversion ?? "none");
  const path = findModule(host, folder);
  const kept = path === undefined ? undefined : moduleFile(host, path);
  // What is to be loaded comes last: if it fails it can't be the way back, unless nothing else is.
  const files = [kept, moduleFile(host, "ip_vs"), next].filter((file) => file !== undefined);
  const file = files.find((one) => (loaded.origin === "stock" ? !isOurs(one) : isLoaded(loaded, one)));
  return file && { file, from: dirname(file.path), parameters: presentParameters(host, file) };
}

function presentParameters(host: Host, { parameters }: ModuleFile): string[] {
  return parameters.flatMap((name) => {
    const value = host.read(`/sys/module/ip_vs/parameters/${name}`)?.trim();
    return value ? [`${name}=${value}`] : [];
  });
}

/** Keep a copy of the loaded module if it is this file, which is about to be replaced. A full /run is no reason to stop. */
export function keepLoaded(loaded: LoadedModule | undefined, file: ModuleFile | undefined): void {
  if (!loaded || !file || !isOurs(file) || !isLoaded(loaded, file)) return;
  const folder = join(KEPT, loaded.srcversion!);
  if (dirname(file.path) === folder) return;
  try {
    mkdirSync(folder, { recursive: true });
    for (const path of [file.path, schedulerPath(file)]) copyFileSync(path, join(folder, basename(path)));
  } catch {
    // Then there is nothing to go back to, which a reload says.
  }
}
