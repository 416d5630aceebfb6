// SPDX-License-Identifier: GPL-2.0-only
import type { ModuleFacts } from "./facts.js";
import { supportOf } from "./package.js";

/** Sizes and use of the tables, of this network namespace unless it says otherwise; absent where the module has no such table. */
export interface TableUse {
  readonly connBuckets: number;
  /** Connections to real servers. */
  readonly connections: number;
  readonly flowBuckets?: number;
  readonly flows?: number;
  readonly flowsTotal?: number;
  readonly flowsMax?: number;
  readonly features: readonly string[];
}

/** What to do about it, if anything, as a command line. */
export function advice(facts: ModuleFacts): string | undefined {
  const { running, state, file, lines, kernel } = facts;
  const support = supportOf(kernel, lines);
  if (support === "untested") return `kernel ${kernel} is not tested, as ${lines.join(", ")} are; tsipvsadm module build --kernel ${kernel} --out DIRECTORY tries it`;
  if (support === "none") return `kernel ${kernel} has no patches; there are some for ${lines.join(", ")}`;
  if (file?.origin !== "tsipvsadm") return `tsipvsadm module install${running ? "" : ` --kernel ${kernel}`}`;
  if (!running || state === "ours") return undefined;
  return state === "none" ? "tsipvsadm module load" : "tsipvsadm module reload";
}

const supportWords = { tested: "", untested: ", untested", none: ", not supported" } as const;

/** "key: value" lines. */
export function statusText(facts: ModuleFacts, use: TableUse | undefined): string {
  const { loaded, file, kernel, running, dkms } = facts;
  const yes = (path: string | undefined, what: string): string => path ?? `not there: install ${what}`;
  const rows: Array<[string, string | undefined]> = [
    ["kernel", `${kernel}${running ? "" : " (not running)"}${supportWords[supportOf(kernel, facts.lines)]}`],
    ["loaded", running ? loadedText(facts) : undefined],
    ["features", use && loaded?.origin === "tsipvsadm" ? use.features.join(", ") : undefined],
    ["modprobe loads", file ? `${file.origin === "stock" ? "the stock ip_vs" : `tsipvsadm's ip_vs ${file.version}`}, ${file.path}` : "no ip_vs"],
    ["connection table", use && `${use.connBuckets} buckets, ${use.connections} connections to servers here`],
    ["flow table", use?.flowBuckets === undefined ? undefined
      : `${use.flowBuckets} buckets, ${use.flows} flows here, ${use.flowsTotal} of at most ${use.flowsMax} in all`],
    ["dkms", dkms ? dkms.map(({ version, kernel: of, state }) => `${version}${of ? ` for ${of}` : ""} ${state}`).join("; ") || "tsipvsadm is not there" : "not installed"],
    ["headers", yes(facts.headers, `linux-headers-${kernel}`)],
    ["source", yes(facts.source, `linux-source-${/^\d+\.\d+/.exec(kernel)?.[0]}`)],
    ["compiler", yes(facts.compiler, "gcc")],
    ["secure boot", facts.secureBoot === undefined ? "no EFI" : facts.secureBoot ? "on" : "off"],
    ["module signing", `${facts.signatureRequired ? "required" : "not required"}${file?.signer ? `; ip_vs is signed by ${file.signer}` : ""}`],
    ["next", advice(facts)],
  ];
  return rows.filter(([, value]) => value !== undefined).map(([key, value]) => `${`${key}:`.padEnd(18)}${value}\n`).join("");
}

function loadedText({ state, loaded, file }: ModuleFacts): string {
  switch (state) {
    case "none":
      return "no ip_vs";
    case "built in":
      return "an ip_vs that is part of the kernel, and can't be replaced";
    case "stock":
      return "the stock ip_vs";
    case "ours":
      return `tsipvsadm's ip_vs ${loaded!.version}`;
    case "ours but older":
      return `tsipvsadm's ip_vs ${loaded!.version ?? "without a version"}, ${file?.version === loaded!.version ? "another build than" : "older than"} what is here`;
  }
}
