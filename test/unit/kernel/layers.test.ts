// SPDX-License-Identifier: GPL-2.0-only
// kernel/README.md's layers, and what the files include.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const kernel = join(__dirname, "../../../kernel");

const layers = new Map<string, number>();
for (const line of readFileSync(join(kernel, "README.md"), "utf8").split("\n")) {
  const [, layer, , names] = line.split("|").map((cell) => cell.trim());
  if (!/^\d+$/.test(layer ?? "")) continue;
  for (const name of names!.split(" ")) layers.set(name, Number(layer));
}

const files = readdirSync(kernel).filter((file) => /^ip_vs_fnat_\w+\.[ch]$/.test(file));
const nameOf = (file: string): string => file.slice("ip_vs_fnat_".length, -2);

test("each file is in a layer, and no name is without a file", () => {
  expect(layers.size).toBeGreaterThan(30);
  expect([...new Set(files.map(nameOf))].sort()).toEqual([...layers.keys()].sort());
});

test.each(files)("%s includes nothing of a layer above", (file) => {
  const text = readFileSync(join(kernel, file), "utf8");
  const above = [...text.matchAll(/^#include "ip_vs_fnat_(\w+)\.h"$/gm)]
    .map(([, name]) => name!)
    .filter((name) => layers.get(name)! > layers.get(nameOf(file))!);
  expect(above).toEqual([]);
});

test("no file includes a header twice, and they stand in order", () => {
  for (const file of files) {
    const own = [...readFileSync(join(kernel, file), "utf8").matchAll(/^#include "(.*)"$/gm)].map(([, name]) => name!);
    expect(own).toEqual([...new Set(own)].sort());
  }
});
