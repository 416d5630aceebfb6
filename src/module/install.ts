// SPDX-License-Identifier: GPL-2.0-only
import { version } from "../../package.json";
import { needTested } from "./build.js";
import { compilers } from "./compiler.js";
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
    ["gcc", compilers(host, release).some(has)],
    ["make", has("make")],
    ["patch", has("patch")],
    ["xz-utils", has("xz")],
    ["kmod", has("depmod")],
    [`linux-headers-${release}`, host.exists(`/lib/modules/${release}/build/Makefile`)],
    [sourcePackage(host, release), host.exists(`/usr/src/linux-source-${line}.tar.xz`) || host.exists(`/usr/src/linux-source-${line}/Makefile`)],
  ];
  return needed.filter(([, there]) => !there).map(([name]) => name);
}

/** The source that the kernel itself was built from, where apt still offers it: IPVS changes within a line. */
export function sourcePackage(host: Host, release: string): string {
  const name = `linux-source-${kernelLine(release)}`;
  const { status, out } = host.run("dpkg-query", ["-W", "-f", "${Version}", `linux-image-${release}`]);
  return status === 0 && host.run("apt-cache", ["show", `${name}=${out}`]).status === 0 ? `${name}=${out}` : name;
}

/** Installs packages. Returns why that failed, if it did. */
function fetchThem(host: Host, names: readonly string[], onLine: (line: string) => void): string | undefined {
  onLine(`fetching ${names.join(", ")}`);
  const install = ["-q", "install", "-y", "--no-install-recommends", ...names];
  const environment = ["DEBIAN_FRONTEND=noninteractive", "apt-get"];
  let outcome = host.run("env", [...environment, ...install]);
  if (outcome.status !== 0 && host.run("env", [...environment, "-q", "update"]).status === 0) outcome = host.run("env", [...environment, ...install]);
  if (outcome.status === 0) return undefined;
  const said = outcome.err.split("\n").find((line) => line.startsWith("E: ")) ?? firstLine(outcome.err);
  return `${names.join(", ")} can't be installed by apt-get: ${said}`;
}

function fetchPackages(host: Host, release: string, onLine: (line: string) => void): void {
  const missing = packages(host, release);
  if (missing.length === 0) return;
  if (!host.exists("/usr/bin/apt-get")) throw failure(`these have to be installed first: ${missing.join(", ")}`);
  const failed = fetchThem(host, missing, onLine);
  if (failed !== undefined) throw failure(failed);
}

/**
 * Packages that bring the headers of later kernels, as those installed here bring their
 * images: linux-headers-amd64 for linux-image-amd64. Without them an upgrade leaves dkms
 * nothing to build with.
 */
export function headersToFollow(host: Host): string[] {
  const { out } = host.run("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\\n", "linux-image-*", "linux-headers-*"]);
  const installed = new Set(out.split("\n").filter((line) => line.endsWith(" installed")).map((line) => line.split(" ")[0]!));
  return [...installed].flatMap((name) => {
    // Those that follow have no release in their name: linux-image-6.12-amd64, but not linux-image-6.12.117+deb12-amd64.
    const flavour = /^linux-image-((?:\d+\.\d+-)?[a-z][a-z0-9-]*)$/.exec(name)?.[1];
    const headers = `linux-headers-${flavour}`;
    return flavour === undefined || flavour.endsWith("-dbg") || installed.has(headers) ? [] : [headers];
  });
}

function fetchHeadersToFollow(host: Host, onLine: (line: string) => void): void {
  const names = headersToFollow(host);
  const failed = names.length > 0 && host.exists("/usr/bin/apt-get") ? fetchThem(host, names, onLine) : undefined;
  if (failed !== undefined) onLine(`${failed}; without it a later kernel has the stock ip_vs`);
}

/** Build and install by dkms, for this kernel and those to come. Throws a CliError; then what was installed before still is. */
export async function install(host: Host, release: string, onLine: (line: string) => void): Promise<void> {
  needRoot(host, "install modules");
  needTested(release);
  fetchPackages(host, release, onLine);
  fetchHeadersToFollow(host, onLine);
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
