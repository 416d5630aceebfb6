// SPDX-License-Identifier: GPL-2.0-only
import { version as ownVersion } from "../../package.json";
import { compilers } from "./compiler.js";
import type { Host } from "./host.js";
import type { LoadedModule } from "./loaded.js";
import { isLoaded, loadedModule } from "./loaded.js";
import type { ModuleFile } from "./module-file.js";
import { moduleFile } from "./module-file.js";
import { kernelLine, patchedLines, supportOf } from "./package.js";

/** A build that dkms knows of. */
export interface DkmsState {
  readonly version: string;
  /** Absent while it is only known, and built for no kernel. */
  readonly kernel?: string;
  /** added, built or installed. */
  readonly state: string;
}

/** What there is of the module on this machine, without asking netlink. */
export interface ModuleFacts {
  readonly version: string;
  readonly kernel: string;
  /** Is it the running one? What is loaded is known only of that. */
  readonly running: boolean;
  /** Kernel lines that are tested. */
  readonly lines: readonly string[];
  /** Is the kernel of one of them? */
  readonly supported: boolean;
  readonly loaded?: LoadedModule;
  /** What modprobe would load. */
  readonly file?: ModuleFile & { readonly origin: "stock" | "tsipvsadm" };
  /** ours: of this version, loaded as it is on disk; older: something of ours, but not that. */
  readonly state: "none" | "stock" | "ours" | "ours but older" | "built in";
  /** undefined when dkms is not installed. */
  readonly dkms?: readonly DkmsState[];
  /** Directory of the kernel's headers. */
  readonly headers?: string;
  /** The distribution's archive of the kernel's source. */
  readonly source?: string;
  readonly compiler?: string;
  /** undefined on a machine without EFI. */
  readonly secureBoot?: boolean;
  /** Does the kernel refuse modules without a signature that it knows? */
  readonly signatureRequired: boolean;
}

/** Gather them; throws a CliError only when this package itself is not whole. */
export function moduleFacts(host: Host, kernel = host.release): ModuleFacts {
  const running = kernel === host.release;
  const lines = patchedLines();
  const line = kernelLine(kernel);
  const loaded = running ? loadedModule(host) : undefined;
  const file = moduleFile(host, "ip_vs", kernel);
  const dkms = dkmsStates(host);
  const headers = `/lib/modules/${kernel}/build`;
  const source = `/usr/src/linux-source-${line}.tar.xz`;
  const compiler = compilers(host, kernel).map((name) => host.run(name, ["--version"])).find(({ status }) => status === 0);
  const secureBoot = readSecureBoot(host);
  return {
    version: ownVersion, kernel, running, lines,
    supported: supportOf(kernel, lines) === "tested",
    ...(loaded && { loaded }),
    ...(file && { file: { ...file, origin: file.version === undefined ? ("stock" as const) : ("tsipvsadm" as const) } }),
    state: stateOf(loaded, file),
    ...(dkms && { dkms }),
    ...(host.exists(`${headers}/Makefile`) && { headers }),
    ...(host.exists(source) && { source }),
    ...(compiler && { compiler: compiler.out.split("\n")[0]! }),
    ...(secureBoot !== undefined && { secureBoot }),
    signatureRequired: signatureRequired(host),
  };
}

function stateOf(loaded: LoadedModule | undefined, file: ModuleFile | undefined): ModuleFacts["state"] {
  if (!loaded) return "none";
  if (loaded.origin !== "tsipvsadm") return loaded.origin;
  if (loaded.version !== ownVersion) return "ours but older";
  return file?.version !== undefined && !isLoaded(loaded, file) ? "ours but older" : "ours";
}

function dkmsStates(host: Host): readonly DkmsState[] | undefined {
  if (!host.exists("/usr/sbin/dkms")) return undefined;
  // It takes longer to ask than all the rest.
  if (!host.exists("/var/lib/dkms/tsipvsadm")) return [];
  const { out } = host.run("dkms", ["status", "-m", "tsipvsadm"]);
  return out.split("\n").flatMap((line): DkmsState[] => {
    const [, version, kernel, state] = /^tsipvsadm\/([^,:]+)(?:, ([^,]+), [^:]+)?: (\w+)/.exec(line) ?? [];
    return version === undefined ? [] : [{ version, ...(kernel !== undefined && { kernel }), state: state! }];
  });
}

const EFI = "/sys/firmware/efi";
const SECURE_BOOT = `${EFI}/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`;

/** The variable is four bytes of attributes and one that is 1 when it is on. */
function readSecureBoot(host: Host): boolean | undefined {
  if (!host.exists(EFI)) return undefined;
  return host.read(SECURE_BOOT)?.charCodeAt(4) === 1;
}

function signatureRequired(host: Host): boolean {
  const lockdown = host.read("/sys/kernel/security/lockdown") ?? "";
  return host.read("/sys/module/module/parameters/sig_enforce")?.trim() === "Y" || /\[(integrity|confidentiality)\]/.test(lockdown);
}
