// SPDX-License-Identifier: GPL-2.0-only
// Writes what is derived from the netlink spec and from the command line's
// tables. With --check it writes nothing and fails when a file differs from
// what it would write.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nlaHeader, nlaSource } from "./abi/nla.mjs";
import { loadSpec } from "./abi/spec.mjs";
import { typescript } from "./abi/typescript.mjs";
import { uapiHeader } from "./abi/uapi.mjs";
import { bashCompletion } from "./cli/bash.mjs";
import { manPage } from "./cli/man.mjs";
import { loadTables } from "./cli/tables.mjs";
import { zshCompletion } from "./cli/zsh.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = "kernel/netlink/ip_vs_fnat.yaml";

const fromSpec = {
  "kernel/ip_vs_fnat_uapi.h": uapiHeader,
  "kernel/ip_vs_fnat_nla.h": nlaHeader,
  "kernel/ip_vs_fnat_nla.c": nlaSource,
  "src/ipvs/abi/fnat.ts": typescript,
};

const fromTables = {
  "completion/tsipvsadm.bash": bashCompletion,
  "completion/_tsipvsadm": zshCompletion,
  "docs/tsipvsadm.8": manPage,
};

function current(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

const check = process.argv.includes("--check");

function produce(name, lines, from) {
  const path = join(root, name);
  const text = `${lines.join("\n")}\n`;
  if (current(path) === text) return;
  if (check) {
    console.error(`${name} is not what comes from ${from}; run: npm run gen`);
    process.exitCode = 1;
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const spec = loadSpec(join(root, source));
const tables = loadTables(root);
for (const [name, render] of Object.entries(fromSpec)) produce(name, render(spec, source), source);
for (const [name, render] of Object.entries(fromTables)) produce(name, render(tables), "src/cli and scripts/cli");
