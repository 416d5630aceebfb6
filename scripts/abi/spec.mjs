// SPDX-License-Identifier: GPL-2.0-only
// Reads a netlink YAML spec and numbers what it leaves unnumbered: attributes
// and commands count from 1, entries of enums from 0, flags are bits.
import { readFileSync } from "node:fs";
import { parse } from "yaml";

const screaming = (text) => text.toUpperCase().replaceAll("-", "_");

/** from-len → fromLen */
export const camel = (text) => text.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

function definition(raw) {
  const prefix = screaming(raw["name-prefix"] ?? "");
  if (raw.type === "const") {
    return { kind: "const", name: raw.name, doc: raw.doc, symbol: prefix + screaming(raw.name), value: raw.value };
  }
  const entries = raw.entries.map((entry, index) => {
    const { name, doc } = typeof entry === "string" ? { name: entry, doc: undefined } : entry;
    return { name, doc, symbol: prefix + screaming(name), value: raw.type === "flags" ? 2 ** index : index };
  });
  return { kind: raw.type, name: raw.name, doc: raw.doc, entries };
}

function attributeSet(raw) {
  const prefix = screaming(raw["name-prefix"]);
  const attributes = raw.attributes.map((attribute, index) => ({
    name: attribute.name,
    symbol: prefix + screaming(attribute.name),
    value: index + 1,
    type: attribute.type,
    doc: attribute.doc,
    bigEndian: attribute["byte-order"] === "big-endian",
    nested: attribute["nested-attributes"],
    enumName: attribute.enum,
    checks: attribute.checks ?? {},
  }));
  return { name: raw.name, prefix, doc: raw.doc, attributes };
}

function operation(raw, index, prefix) {
  const exchanges = [];
  for (const kind of ["do", "dump"]) {
    if (raw[kind] === undefined) continue;
    exchanges.push({ kind, request: raw[kind].request?.attributes ?? [], reply: raw[kind].reply?.attributes ?? [] });
  }
  return {
    name: raw.name,
    symbol: prefix + screaming(raw.name),
    value: index + 1,
    doc: raw.doc,
    set: raw["attribute-set"],
    admin: (raw.flags ?? []).includes("admin-perm"),
    exchanges,
  };
}

function assertUnique(spec) {
  const seen = new Set();
  const symbols = [
    ...spec.definitions.flatMap((item) => item.entries ?? [item]),
    ...spec.sets.flatMap((set) => [...set.attributes, { symbol: `${set.prefix}UNSPEC` }, { symbol: `${set.prefix}MAX` }]),
    ...spec.operations,
  ];
  for (const { symbol } of symbols) {
    if (seen.has(symbol)) throw new Error(`the spec makes two of ${symbol}`);
    seen.add(symbol);
  }
}

/** The spec at `path`, every name resolved to its C symbol and number. */
export function loadSpec(path) {
  const raw = parse(readFileSync(path, "utf8"));
  const commandPrefix = screaming(raw.operations["name-prefix"]);
  const spec = {
    name: raw.name,
    version: 1,
    doc: raw.doc,
    familySymbol: screaming(raw["c-family-name"]),
    versionSymbol: screaming(raw["c-version-name"]),
    commandPrefix,
    definitions: raw.definitions.map(definition),
    sets: raw["attribute-sets"].map(attributeSet),
    operations: raw.operations.list.map((item, index) => operation(item, index, commandPrefix)),
  };
  assertUnique(spec);
  return spec;
}

/** The set of that name; a spec that names a set it lacks is refused. */
export function findSet(spec, name) {
  const set = spec.sets.find((candidate) => candidate.name === name);
  if (set === undefined) throw new Error(`the spec has no attribute set "${name}"`);
  return set;
}
