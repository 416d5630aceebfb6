// SPDX-License-Identifier: GPL-2.0-only
// The table against the module's sources and its documentation; a guest compares it with the kernel.
import { readdirSync, readFileSync } from "node:fs";
import { knobs } from "../../../src/module/knobs.js";

const own = knobs.filter(({ by }) => by === "tsipvsadm");
const keys = (kind: string) => own.filter((knob) => knob.kind === kind).map(({ key }) => key).sort();
const sources = readdirSync("kernel").filter((name) => name.endsWith(".c")).map((name) => readFileSync(`kernel/${name}`, "utf8")).join("\n");
const found = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, name]) => name!).sort();

test("every sysctl and parameter of the module is there, and no other", () => {
  expect(keys("sysctl")).toEqual(found(/\.procname\s*=\s*"(\w+)"/g, sources));
  expect(keys("parameter")).toEqual(found(/^module_param\((\w+),/gm, sources));
});

test("each is documented, with the same default, and no other", () => {
  const text = readFileSync("docs/sysctl.md", "utf8");
  expect(found(/^(\w+) - /gm, text)).toEqual(own.map(({ key }) => key).sort());
  for (const { key, default: normal } of own) {
    const documented = new RegExp(`^${key} - .*\\n: default (\\d+|from memory)`, "m").exec(text)?.[1];
    expect([key, documented]).toEqual([key, normal]);
  }
});
