// SPDX-License-Identifier: GPL-2.0-only

/**
 * JSON of a value, with every digit of a bigint: JSON.stringify refuses them,
 * and as doubles they would lose what is above 2^53. Fields that are undefined
 * are left out. `indent` is the number of blanks of each level; without it,
 * all is on one line.
 */
export function toJson(value: unknown, indent?: number): string {
  return indent === undefined ? text(value, "", "") : text(value, "\n", " ".repeat(indent));
}

/** What a string may have that needs no escape. */
const PLAIN = /^[\w .:/-]*$/;

const quoted = (value: string): string => (PLAIN.test(value) ? `"${value}"` : JSON.stringify(value));

/** `end` is the line break before a value of the same level, with its indentation; empty on one line. */
function text(value: unknown, end: string, step: string): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = end + step;
  const between = `,${inner || " "}`;
  let items = "";
  if (Array.isArray(value)) {
    for (const item of value) items += `${items && between}${text(item, inner, step)}`;
    return items ? `[${inner}${items}${end}]` : "[]";
  }
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    const item = fields[name];
    if (item !== undefined) items += `${items && between}${quoted(name)}: ${text(item, inner, step)}`;
  }
  return items ? `{${inner}${items}${end}}` : "{}";
}
