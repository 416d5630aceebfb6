// SPDX-License-Identifier: GPL-2.0-only
// The uapi header: the commands with their attribute trees, then the numbers.
import { comment, generated, wrap } from "./text.mjs";
import { findSet } from "./spec.mjs";

const kernelTypes = { nest: "NLA_NESTED", string: "NLA_NUL_STRING", binary: "NLA_BINARY" };

const typeName = ({ type, bigEndian }) =>
  kernelTypes[type] ?? `NLA_${type.toUpperCase()}${bigEndian ? ", big-endian" : ""}`;

function tree(spec, set, names, depth, shown) {
  const lines = [];
  for (const attribute of set.attributes) {
    if (attribute.type === "pad" || (names !== undefined && !names.includes(attribute.name))) continue;
    const repeated = attribute.nested !== undefined && shown.has(attribute.nested);
    lines.push(` * ${"    ".repeat(depth)}${attribute.symbol}: ${typeName(attribute)}${repeated ? ", as above" : ""}`);
    if (attribute.nested === undefined || repeated) continue;
    shown.add(attribute.nested);
    lines.push(...tree(spec, findSet(spec, attribute.nested), undefined, depth + 1, shown));
  }
  return lines;
}

function commandTree(spec, operation, shown) {
  const lines = [" *", ` * ${operation.symbol}${operation.admin ? " (CAP_NET_ADMIN)" : ""}`];
  lines.push(...wrap(operation.doc, " *     "));
  const set = findSet(spec, operation.set);
  for (const { kind, request, reply } of operation.exchanges) {
    for (const [direction, names] of [["request", request], ["reply", reply]]) {
      if (names.length === 0) continue;
      lines.push(` *   ${kind === "dump" ? `dump ${direction}` : direction}:`);
      lines.push(...tree(spec, set, names, 1, shown));
    }
  }
  return lines;
}

function header(spec) {
  const shown = new Set();
  return [
    "/*",
    ` * Generic-netlink family ${spec.name}`,
    " *",
    ...wrap(spec.doc, " * "),
    ...spec.operations.flatMap((operation) => commandTree(spec, operation, shown)),
    " */",
  ];
}

function definitionLines(item) {
  const doc = item.doc === undefined ? [] : comment(item.doc);
  if (item.kind === "const") return [...doc, `#define ${item.symbol}\t${item.value}`, ""];
  const value = (entry, index) => (item.kind === "flags" ? ` = 1 << ${index}` : index === 0 ? " = 0" : "");
  const entries = item.entries.flatMap((entry, index) => [
    ...(entry.doc === undefined ? [] : comment(entry.doc, "\t")),
    `\t${entry.symbol}${value(entry, index)},`,
  ]);
  return [...doc, "enum {", ...entries, "};", ""];
}

function numbered(doc, prefix, items) {
  return [
    ...(doc === undefined ? [] : comment(doc)),
    "enum {",
    `\t${prefix}UNSPEC,`,
    ...items.flatMap((item) => [...(item.doc === undefined ? [] : comment(item.doc, "\t")), `\t${item.symbol},`]),
    "",
    `\t__${prefix}MAX,`,
    `\t${prefix}MAX = __${prefix}MAX - 1`,
    "};",
    "",
  ];
}

const withoutDocs = (items) => items.map(({ symbol }) => ({ symbol }));

/** Lines of ip_vs_fnat_uapi.h. */
export function uapiHeader(spec, source) {
  const guard = "_IP_VS_FNAT_UAPI_H";
  return [
    "/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */",
    ...generated(source),
    ...header(spec),
    "",
    `#ifndef ${guard}`,
    `#define ${guard}`,
    "",
    `#define ${spec.familySymbol}\t"${spec.name}"`,
    `#define ${spec.versionSymbol}\t${spec.version}`,
    "",
    ...spec.definitions.flatMap(definitionLines),
    ...spec.sets.flatMap((set) => numbered(set.doc, set.prefix, set.attributes)),
    ...numbered(undefined, spec.commandPrefix, withoutDocs(spec.operations)),
    `#endif /* ${guard} */`,
  ];
}
