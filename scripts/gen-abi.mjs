// SPDX-License-Identifier: GPL-2.0-only
// Writes what is derived from the netlink spec. With --check it writes
// nothing and fails when a file differs from what it would write.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nlaHeader, nlaSource } from "./abi/nla.mjs";
import { loadSpec } from "./abi/spec.mjs";
import { typescript } from "./abi/typescript.mjs";
import { uapiHeader } from "./abi/uapi.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = "kernel/netlink/ip_vs_fnat.yaml";

const outputs = {
  "kernel/ip_vs_fnat_uapi.h": uapiHeader,
  "kernel/ip_vs_fnat_nla.h": nlaHeader,
  "kernel/ip_vs_fnat_nla.c": nlaSource,
  "src/ipvs/abi/fnat.ts": typescript,
};

function current(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

const spec = loadSpec(join(root, source));
const check = process.argv.includes("--check");
for (const [name, render] of Object.entries(outputs)) {
  const path = join(root, name);
  const text = `${render(spec, source).join("\n")}\n`;
  if (current(path) === text) continue;
  if (check) {
    console.error(`${name} is not what ${source} makes; run: npm run gen`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
  }
}
