// SPDX-License-Identifier: GPL-2.0-only
import { version } from "../../package.json";
import { needPatches } from "./build.js";
import { failure, firstLine, type Host, needRoot } from "./host.js";
import { isOurs } from "./load.js";
import { loadedModule } from "./loaded.js";
import { moduleFile } from "./module-file.js";
import { keepLoaded } from "./old-module.js";
import { kernelLine } from "./package.js";
import { runScript } from "./script.js";

/** Packages of the distribution that a build by dkms needs, and what shows that each is there. */
function packages(host: Host, release: string): string[] {
  const line = kernelLine(release);
  const has = (program: string): boolean => ["/usr/sbin", "/usr/bin"].some((folder) => host.exists(`${folder}/${program}`));
  const needed: Array<[name: string, there: boolean]> = [
    ["dkms", has("dkms")],
    ["gcc", has("gcc")],
    ["make", has("make")],
    ["patch", has("patch")],
    ["xz-utils", has("xz")],
    ["kmod", has("depmod")],
    [`linux-headers-${release}`, host.exists(`/lib/modules/${release}/build/Makefile`)],
    [`linux-source-${line}`, host.exists(`/usr/src/linux-source-${line}.tar.xz`) || host.exists(`/usr/src/linux-source-${line}/Makefile`)],
  ];
  return needed.filter(([, there]) => !there).map(([name]) => name);
}

function fetchPackages(host: Host, release: string, onLine: (line: string) => void): void {
  const missing = packages(host, release);
  if (missing.length === 0) return;
  if (!host.exists("/usr/bin/apt-get")) throw failure(`these have to be installed first: ${missing.join(", ")}`);
  onLine(`fetching ${missing.join(", ")}`);
  const install = ["-q", "install", "-y", "--no-install-recommends", ...missing];
  const environment = ["DEBIAN_FRONTEND=noninteractive", "apt-get"];
  let outcome = host.run("env", [...environment, ...install]);
  if (outcome.status !== 0 && host.run("env", [...environment, "-q", "update"]).status === 0) outcome = host.run("env", [...environment, ...install]);
  if (outcome.status === 0) return;
  const said = outcome.err.split("\n").find((line) => line.startsWith("E: ")) ?? firstLine(outcome.err);
  throw failure(`${missing.join(", ")} can't be installed by apt-get: ${said}`);
}

/** Build and install by dkms, for this kernel and those to come. Throws a CliError; then what was installed before still is. */
export async function install(host: Host, release: string, onLine: (line: string) => void): Promise<void> {
  needRoot(host, "install modules");
  needPatches(release);
  fetchPackages(host, release, onLine);
  if (release === host.release) keepLoaded(loadedModule(host), moduleFile(host, "ip_vs"));
  await runScript("install.sh", [version, release], onLine);
  const file = moduleFile(host, "ip_vs", release);
  if (!file || !isOurs(file)) {
    throw failure(`dkms installed ip_vs, but modprobe would load ${file?.path ?? "none"}: see /etc/depmod.d for what comes before updates`);
  }
}

/** Take away what install() brought, for all kernels. Throws a CliError. */
export async function uninstall(host: Host, onLine: (line: string) => void): Promise<void> {
  needRoot(host, "uninstall modules");
  keepLoaded(loadedModule(host), moduleFile(host, "ip_vs"));
  await runScript("uninstall.sh", [], onLine);
}
