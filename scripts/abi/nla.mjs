// SPDX-License-Identifier: GPL-2.0-only
// The kernel's attribute policies: one for each set that a request can reach.
// What only replies hold stays out, so strict validation refuses it.
import { generated } from "./text.mjs";
import { findSet } from "./spec.mjs";

const policyName = (set) => `ip_vs_fnat_${set.name.replaceAll("-", "_")}_policy`;
const declaration = (set) => `const struct nla_policy ${policyName(set)}[${set.prefix}MAX + 1]`;

/** Sets that requests reach, innermost first, each with the attributes they may hold. */
function requestSets(spec) {
  const found = new Map();
  const visit = (set, names) => {
    const attributes = set.attributes.filter(({ type, name }) => type !== "pad" && (names === undefined || names.has(name)));
    for (const { nested } of attributes) {
      if (nested !== undefined && !found.has(nested)) visit(findSet(spec, nested), undefined);
    }
    found.set(set.name, { set, attributes });
  };
  const requested = new Map();
  for (const operation of spec.operations) {
    const names = requested.get(operation.set) ?? new Set();
    for (const name of operation.exchanges.flatMap(({ request }) => request)) names.add(name);
    requested.set(operation.set, names);
  }
  for (const [name, names] of requested) visit(findSet(spec, name), names);
  return [...found.values()];
}

function limit(spec, value) {
  if (typeof value === "number") return String(value);
  const constant = spec.definitions.find(({ name, kind }) => name === value && kind === "const");
  if (constant === undefined) throw new Error(`the spec has no constant "${value}"`);
  return constant.symbol;
}

function integer(spec, { type, bigEndian, enumName, checks }) {
  const kernelType = bigEndian ? `NLA_BE${type.slice(1)}` : `NLA_${type.toUpperCase()}`;
  const values = spec.definitions.find(({ name }) => name === enumName);
  if (values?.kind === "enum") return `NLA_POLICY_MAX(${kernelType}, ${values.entries.at(-1).symbol})`;
  const { min, max } = checks;
  if (min !== undefined && max !== undefined) return `NLA_POLICY_RANGE(${kernelType}, ${limit(spec, min)}, ${limit(spec, max)})`;
  if (min !== undefined) return `NLA_POLICY_MIN(${kernelType}, ${limit(spec, min)})`;
  if (max !== undefined) return `NLA_POLICY_MAX(${kernelType}, ${limit(spec, max)})`;
  return `{ .type = ${kernelType} }`;
}

function policy(spec, attribute) {
  const maxLength = attribute.checks["max-len"];
  switch (attribute.type) {
    case "nest":
      return `NLA_POLICY_NESTED(${policyName(findSet(spec, attribute.nested))})`;
    case "string":
      return maxLength === undefined
        ? "{ .type = NLA_NUL_STRING }"
        : `{ .type = NLA_NUL_STRING, .len = ${limit(spec, maxLength)} }`;
    case "binary":
      return maxLength === undefined ? "{ .type = NLA_BINARY }" : `NLA_POLICY_MAX(NLA_BINARY, ${limit(spec, maxLength)})`;
    default:
      return integer(spec, attribute);
  }
}

/** Lines of ip_vs_fnat_nla.h. */
export function nlaHeader(spec, source) {
  const guard = "_IP_VS_FNAT_NLA_H";
  return [
    "/* SPDX-License-Identifier: GPL-2.0 */",
    ...generated(source),
    `#ifndef ${guard}`,
    `#define ${guard}`,
    "",
    "#include <net/netlink.h>",
    "",
    '#include "ip_vs_fnat_uapi.h"',
    "",
    "/* Attribute policies of what requests may hold */",
    ...requestSets(spec).map(({ set }) => `extern ${declaration(set)};`),
    "",
    `#endif /* ${guard} */`,
  ];
}

/** Lines of ip_vs_fnat_nla.c. */
export function nlaSource(spec, source) {
  return [
    "// SPDX-License-Identifier: GPL-2.0",
    ...generated(source),
    '#include "ip_vs_fnat_nla.h"',
    ...requestSets(spec).flatMap(({ set, attributes }) => [
      "",
      `${declaration(set)} = {`,
      ...attributes.map((attribute) => `\t[${attribute.symbol}] = ${policy(spec, attribute)},`),
      "};",
    ]),
  ];
}
