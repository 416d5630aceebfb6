// SPDX-License-Identifier: GPL-2.0-only
import { AttributeDecoder } from "./attribute-decoder.js";
import { AttributeEncoder } from "./attribute-encoder.js";
import type { Attribute, AttributeSet, Values } from "./attribute-set.js";
import type { NetlinkError } from "./error.js";

type AnyValues = Readonly<Record<string, unknown>>;

function write(encoder: AttributeEncoder, attribute: Attribute, value: unknown): void {
  const { id, bigEndian } = attribute;
  switch (attribute.type) {
    case "u8":
      encoder.u8(id, value as number);
      break;
    case "u16":
      encoder.u16(id, value as number, bigEndian);
      break;
    case "u32":
      encoder.u32(id, value as number, bigEndian);
      break;
    case "u64":
      encoder.u64(id, value as bigint, bigEndian);
      break;
    case "binary":
      encoder.bytes(id, value as Uint8Array);
      break;
    case "string":
      encoder.string(id, value as string);
      break;
    case "nest":
      encoder.nest(id, () => writeAll(encoder, attribute.nested ?? {}, value as AnyValues));
      break;
    case "pad":
      break;
  }
}

function writeAll(encoder: AttributeEncoder, set: AttributeSet, values: AnyValues): void {
  for (const name in values) {
    const attribute = set[name];
    const value = values[name];
    if (attribute !== undefined && value !== undefined) write(encoder, attribute, value);
  }
}

/** Writes the attributes of `values` as `set` says; a value that does not fit is the encoder's error. */
export function writeValues<S extends AttributeSet>(encoder: AttributeEncoder, set: S, values: Values<S>): void {
  writeAll(encoder, set, values as AnyValues);
}

/** The attributes of `values`, encoded as `set` says. Throws a NetlinkError EINVAL for a value that does not fit. */
export function encode<S extends AttributeSet>(set: S, values: Values<S>): Uint8Array {
  const encoder = new AttributeEncoder();
  writeValues(encoder, set, values);
  return encoder.finish();
}

type NamedAttribute = readonly [name: string, attribute: Attribute];
const tables = new WeakMap<AttributeSet, ReadonlyArray<NamedAttribute | undefined>>();

/** The set's attributes at the index of their number. */
function byId(set: AttributeSet): ReadonlyArray<NamedAttribute | undefined> {
  const known = tables.get(set);
  if (known !== undefined) return known;
  const table: Array<NamedAttribute | undefined> = [];
  for (const [name, attribute] of Object.entries(set)) table[attribute.id] = [name, attribute];
  tables.set(set, table);
  return table;
}

function read(decoder: AttributeDecoder, attribute: Attribute): unknown {
  switch (attribute.type) {
    case "u8":
      return decoder.u8();
    case "u16":
      return decoder.u16(attribute.bigEndian);
    case "u32":
      return decoder.u32(attribute.bigEndian);
    case "u64":
      return decoder.u64(attribute.bigEndian);
    case "binary":
      return decoder.bytes();
    case "string":
      return decoder.string();
    case "nest": {
      const [values, error] = readAll(decoder.view(), attribute.nested ?? {});
      decoder.hold(error);
      return values;
    }
    case "pad":
      return undefined;
  }
}

function readAll(bytes: Uint8Array, set: AttributeSet): [AnyValues, NetlinkError | undefined] {
  const decoder = new AttributeDecoder(bytes);
  const table = byId(set);
  const values: Record<string, unknown> = {};
  while (decoder.next()) {
    const known = table[decoder.id];
    if (known !== undefined && known[1].type !== "pad") values[known[0]] = read(decoder, known[1]);
  }
  return [values, decoder.error];
}

/**
 * The values of the attributes in `bytes`; attributes that `set` does not know
 * are skipped. Throws a NetlinkError EBADMSG for bytes that are no attributes
 * or a value of the wrong length.
 */
export function decode<S extends AttributeSet>(set: S, bytes: Uint8Array): Values<S> {
  const [values, error] = readAll(bytes, set);
  if (error !== undefined) throw error;
  return values as Values<S>;
}
