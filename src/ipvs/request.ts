// SPDX-License-Identifier: GPL-2.0-only
import { AttributeEncoder, type AttributeSet, type Values, writeValues } from "../netlink/index.js";

/** A generic-netlink family as its requests name it. */
export interface FamilyName {
  readonly name: string;
  readonly version: number;
}

/** A generic-netlink family: its name and version, and the attributes of its requests. */
export interface FamilyTable<S extends AttributeSet> extends FamilyName {
  readonly attributes: S;
}

/** A request to a family whose number is not looked up yet. */
export interface Call {
  readonly family: FamilyName;
  readonly command: number;
  readonly attributes: Uint8Array;
}

/** Writes a request's attributes. */
export type Write = (encoder: AttributeEncoder) => void;

/** Writes the attributes of one request of many, by its number. */
export type WriteOne = (encoder: AttributeEncoder, index: number) => void;

/** What a request to a family says: values of its attributes, or what writes them. */
export type Body<S extends AttributeSet> = Values<S> | Write;

/** A body as what writes it. */
export function writer<S extends AttributeSet>(family: FamilyTable<S>, body: Body<S>): Write {
  return typeof body === "function" ? body : (encoder) => writeValues(encoder, family.attributes, body);
}

/** A request to `family`. Throws a NetlinkError EINVAL for a value that has no place on the wire. */
export function call<S extends AttributeSet>(family: FamilyTable<S>, command: number, body: Body<S>): Call {
  const encoder = new AttributeEncoder();
  writer(family, body)(encoder);
  return { family, command, attributes: encoder.finish() };
}
