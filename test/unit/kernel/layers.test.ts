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

// A back trace names a function and its module, but no file.
test("no two files have a static function of one name", () => {
  const places = new Map<string, string[]>();
  for (const file of files.filter((name) => name.endsWith(".c"))) {
    const text = readFileSync(join(kernel, file), "utf8");
    const names = [...text.matchAll(/^static (?!inline|struct \w+ \w+ =)[^;={}()]*?\b(\w+)\([^;{]*\)[^;{]*\{/gm)].map(([, name]) => name!);
    for (const name of new Set(names)) places.set(name, [...(places.get(name) ?? []), file]);
  }
  expect(places.size).toBeGreaterThan(300);
  expect([...places].filter(([, where]) => where.length > 1)).toEqual([]);
});

// The uapi header is generated.
test("no file is longer than 600 lines", () => {
  expect(files.filter((file) => file !== "ip_vs_fnat_uapi.h" && readFileSync(join(kernel, file), "utf8").split("\n").length > 601)).toEqual([]);
});
