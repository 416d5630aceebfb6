// SPDX-License-Identifier: GPL-2.0-only

type Scalar = "u8" | "u16" | "u32";

/** One attribute of a family: its number and what its bytes mean. */
export interface Attribute {
  readonly id: number;
  readonly type: Scalar | "u64" | "binary" | "string" | "nest" | "pad";
  /** Network byte order; the host's when absent. */
  readonly bigEndian?: true;
  readonly nested?: AttributeSet;
}

/** The attributes of one nesting level, by name. */
export interface AttributeSet {
  readonly [name: string]: Attribute;
}

/** The TypeScript value that stands for an attribute. */
type Value<A extends Attribute> = A["type"] extends Scalar
  ? number
  : A["type"] extends "u64"
    ? bigint
    : A["type"] extends "string"
      ? string
      : A["type"] extends "binary"
        ? Uint8Array
        : A["nested"] extends AttributeSet
          ? Values<A["nested"]>
          : never;

/** Values of a set's attributes; those absent or undefined are not on the wire. */
export type Values<S extends AttributeSet> = {
  readonly [Name in keyof S as S[Name]["type"] extends "pad" ? never : Name]?: Value<S[Name]> | undefined;
};
