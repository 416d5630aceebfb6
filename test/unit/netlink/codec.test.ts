// SPDX-License-Identifier: GPL-2.0-only
import { AttributeDecoder } from "../../../src/netlink/attribute-decoder.js";
import { AttributeEncoder } from "../../../src/netlink/attribute-encoder.js";
import type { Attribute, AttributeSet } from "../../../src/netlink/attribute-set.js";
import { decode, encode } from "../../../src/netlink/codec.js";
import { forSeeds, type Random } from "../../helpers/random.js";

const inner = { a: { id: 1, type: "u8" }, b: { id: 2, type: "string" } } as const satisfies AttributeSet;
const set = {
  small: { id: 1, type: "u8" },
  port: { id: 2, type: "u16", bigEndian: true },
  mark: { id: 3, type: "u32" },
  count: { id: 4, type: "u64" },
  address: { id: 5, type: "binary" },
  name: { id: 6, type: "string" },
  inner: { id: 7, type: "nest", nested: inner },
  pad: { id: 8, type: "pad" },
} as const satisfies AttributeSet;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function someValue(random: Random, attribute: Attribute): unknown {
  switch (attribute.type) {
    case "u8":
      return random.below(0x100);
    case "u16":
      return random.below(0x10000);
    case "u32":
      return random.below(0x100000000);
    case "u64":
      return (BigInt(random.below(0x100000000)) << 32n) | BigInt(random.below(0x100000000));
    case "binary":
      return random.bytes(random.below(random.pick([40, 1000])));
    case "string":
      return Array.from({ length: random.below(20) }, () => random.pick(["a", "ä", "€", "𝕏", " "])).join("");
    case "nest":
      return someValues(random, attribute.nested!);
    case "pad":
      return undefined;
  }
}

function someValues(random: Random, table: AttributeSet): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, attribute] of Object.entries(table)) {
    if (attribute.type !== "pad" && random.below(4) > 0) values[name] = someValue(random, attribute);
  }
  return values;
}

test("lays attributes out as the kernel does", () => {
  expect(hex(encode(set, { small: 5 }))).toBe("0500010005000000");
  expect(hex(encode(set, { port: 0x1234 }))).toBe("0600020012340000");
  expect(hex(encode(set, { name: "eth1" }))).toBe("09000600" + "6574683100" + "000000");
  expect(hex(encode(set, { inner: { a: 1 } }))).toBe("0c000780" + "05000100" + "01000000");
});

test("what is encoded decodes to the same values", () => {
  forSeeds(300, (random) => {
    const values = someValues(random, set);
    expect(decode(set, encode(set, values))).toEqual(values);
  });
});

test("any bytes decode to values or to EBADMSG", () => {
  forSeeds(2000, (random) => {
    const bytes = encode(set, someValues(random, set));
    for (let changes = random.below(4); changes >= 0 && bytes.length > 0; changes--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const cut = bytes.subarray(0, random.below(bytes.length + 1));
    try {
      decode(set, cut);
    } catch (error) {
      expect(error).toMatchObject({ name: "NetlinkError", code: "EBADMSG" });
    }
  });
});

test("skips attributes that the table lacks", () => {
  const bytes = new AttributeEncoder().u32(99, 1).u8(1, 7).finish();
  expect(decode(set, bytes)).toEqual({ small: 7 });
});

test.each([
  ["a header cut short", "0500", "2 bytes where an attribute header belongs"],
  ["a length below the header's", "0300010000000000", "an attribute of 3 bytes where 8 are left"],
  ["a length beyond the end", "0900010000000000", "an attribute of 9 bytes where 8 are left"],
  ["a number of the wrong size", "0600010000000000", "attribute 1 has 2 bytes, not 1"],
  ["a bad attribute inside a nest", "0c000780" + "0300010000000000", "an attribute of 3 bytes where 8 are left"],
])("refuses %s", (_, bytes, message) => {
  expect(() => decode(set, Buffer.from(bytes, "hex"))).toThrow(`malformed netlink message: ${message}`);
});

test.each([
  [{ small: 256 }, "attribute 1: 256 is not a whole number from 0 to 255"],
  [{ mark: -1 }, "attribute 3: -1 is not a whole number from 0 to 4294967295"],
  [{ mark: 1.5 }, "attribute 3: 1.5 is not a whole number from 0 to 4294967295"],
  [{ count: 1n << 64n }, "attribute 4: 18446744073709551616 is not a u64"],
  [{ name: "eth\0" }, "attribute 6: a zero byte inside a string"],
  [{ address: new Uint8Array(65532) }, "attribute 5: 65532 bytes do not fit"],
])("refuses to encode %p", (values, message) => {
  expect(() => encode(set, values)).toThrow(message);
});

test("an encoding leaves nothing behind for the next", () => {
  encode(set, { name: "\u00ff".repeat(200) });
  expect(() => encode(set, { small: 256 })).toThrow();
  expect(hex(encode(set, { small: 5, port: 1 }))).toBe("0500010005000000" + "0600020000010000");
});

test("encoder and decoder keep their first error", () => {
  const encoder = new AttributeEncoder().u8(1, 300).u8(2, 400).u8(3, 1);
  expect(() => encoder.finish()).toThrow("attribute 1: 300");
  const decoder = new AttributeDecoder(new AttributeEncoder().u8(1, 3).u8(2, 4).finish());
  expect(decoder.next()).toBe(true);
  expect(decoder.u32()).toBe(0);
  expect(decoder.next()).toBe(false);
  expect(decoder.error?.message).toContain("attribute 1 has 1 bytes, not 4");
});

test("decoded bytes do not change with the buffer they came from", () => {
  const bytes = encode(set, { address: Uint8Array.of(10, 0, 0, 1) });
  const { address } = decode(set, bytes);
  bytes.fill(0);
  expect(address).toEqual(Uint8Array.of(10, 0, 0, 1));
});
