// SPDX-License-Identifier: GPL-2.0-only
// The pages of the netlink family and of the counters against its description and the module.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

interface Operation {
  readonly name: string;
  readonly do?: Messages;
  readonly dump?: Messages;
}

interface Messages {
  readonly request?: { readonly attributes: readonly string[] };
  readonly reply?: { readonly attributes: readonly string[] };
}

interface Description {
  readonly "attribute-sets": ReadonlyArray<{ readonly name: string; readonly attributes: ReadonlyArray<{ readonly name: string; readonly type: string }> }>;
  readonly operations: { readonly list: readonly Operation[] };
}

const read = (path: string) => readFileSync(join(__dirname, "../../..", path), "utf8");
const description = parse(read("kernel/netlink/ip_vs_fnat.yaml")) as Description;

/** Attributes that carry something. */
const attributes = (set: string) =>
  description["attribute-sets"].find(({ name }) => name === set)!.attributes.filter(({ type }) => type !== "pad").map(({ name }) => name);

/** Entries of a section of the counters, in order, each with a unit and a text. */
function entries(section: string): string[] {
  const text = read("docs/counters.md").split(/^## /m).find((part) => part.startsWith(section))!;
  return [...text.matchAll(/^([\w-]+) - [A-Z ]+\n: \S/gm)].map(([, name]) => name!);
}

test("every command has its row, with what is asked and answered", () => {
  const list = (messages?: { readonly attributes: readonly string[] }) => messages?.attributes.join(", ") ?? "";
  const wanted = description.operations.list.map(({ name, do: single, dump }) => {
    const messages = single ?? dump!;
    return [name, single ? "do" : "dump", list(messages.request), list(messages.reply)];
  });
  const rows = [...read("docs/netlink.md").matchAll(/^\| ([a-z-]+-[a-z]+) \|(.*)\|(.*)\|(.*)\|.*\|$/gm)];
  expect(rows.map(([, ...cells]) => cells.map((cell) => cell.trim()))).toEqual(wanted);
});

test("every counter by reason is described, in the module's order, and no other", () => {
  const names = [...read("kernel/ip_vs_fnat_stats.c").matchAll(/\[IP_VS_FNAT_A_EXT_\w+\]\s*= "(\w+)"/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(20);
  expect(entries("By reason")).toEqual(names);
  expect(attributes("ext-stats").map((name) => name.replaceAll("-", "_"))).toEqual(names);
});

test("so is every counter of rules, local addresses and the table", () => {
  const counts = (set: string, ...others: readonly string[]) => attributes(set).filter((name) => !others.includes(name));
  expect(entries("Of a rule")).toEqual(counts("stats"));
  expect(entries("Of a local address")).toEqual(counts("laddr", "first", "last"));
  expect(entries("Of the flow table")).toEqual(counts("info", "abi", "features", "version"));
});
