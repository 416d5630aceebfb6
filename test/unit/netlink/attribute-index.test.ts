// SPDX-License-Identifier: GPL-2.0-only
import { AttributeIndex, decode, encode } from "../../../src/netlink/index.js";
import { forSeeds, type Random } from "../../helpers/random.js";

const inner = { port: { id: 1, type: "u16", bigEndian: true }, mark: { id: 5, type: "u32" } } as const;
const set = {
  kind: { id: 1, type: "u8" },
  family: { id: 2, type: "u16" },
  clientPort: { id: 3, type: "u16", bigEndian: true },
  expires: { id: 4, type: "u32" },
  order: { id: 6, type: "u32", bigEndian: true },
  address: { id: 7, type: "binary" },
  nested: { id: 9, type: "nest", nested: inner },
} as const;

const values = (random: Random) => ({
  kind: random.below(2 ** 8),
  family: random.below(2 ** 16),
  clientPort: random.below(2 ** 16),
  expires: random.below(2 ** 32),
  order: random.below(2 ** 32),
  address: random.bytes(random.below(17)),
  nested: { port: random.below(2 ** 16), mark: random.below(2 ** 32) },
});

test("says the same as decode()", () => {
  const index = new AttributeIndex(set);
  const nested = new AttributeIndex(inner);
  forSeeds(300, (random) => {
    const wanted = values(random);
    const bytes = Buffer.concat([new Uint8Array(3), encode(set, wanted)]).subarray(3);
    index.read(bytes, 0, bytes.length);
    for (const name of ["kind", "family", "clientPort", "expires", "order"] as const) {
      expect(index.number(set[name])).toBe(wanted[name]);
    }
    expect(Uint8Array.from(bytes.subarray(index.start(set.address), index.end(set.address)))).toEqual(wanted.address);
    nested.read(bytes, index.start(set.nested), index.end(set.nested));
    expect([nested.number(inner.port), nested.number(inner.mark)]).toEqual(Object.values(wanted.nested));
    expect(decode(set, bytes)).toEqual(wanted);
  });
});

test("what is missing or of another length is named", () => {
  const bytes = encode(set, { kind: 1 });
  const index = new AttributeIndex(set).read(bytes, 0, bytes.length);
  expect(() => index.number(set.clientPort)).toThrow("malformed netlink message: no client port");
  expect(() => index.start(set.address)).toThrow("no address");
  const long = encode({ kind: { id: 1, type: "u32" } } as const, { kind: 7 });
  expect(() => index.read(long, 0, long.length).number(set.kind)).toThrow("kind has 4 bytes, not 1");
});

test("nothing stays of the message before", () => {
  const [full, empty] = [encode(set, { kind: 1 }), encode(set, {})];
  const index = new AttributeIndex(set).read(full, 0, full.length).read(empty, 0, empty.length);
  expect(() => index.number(set.kind)).toThrow("no kind");
});

test.each([
  ["an attribute that runs over its end", [9, 0, 1, 0, 5, 0, 0, 0], "an attribute of 9 bytes where 8 are left"],
  ["a header cut short", [5, 0, 1, 0, 5, 0, 0, 0, 8, 0], "2 bytes where an attribute header belongs"],
  ["a length that can't be", [3, 0, 1, 0], "an attribute of 3 bytes where 4 are left"],
])("%s is refused", (_, bytes, message) => {
  expect(() => new AttributeIndex(set).read(Uint8Array.from(bytes), 0, bytes.length)).toThrow(message);
});

test("attributes of a number beyond the set's are passed over", () => {
  const bytes = Uint8Array.from([4, 0, 200, 0, 5, 0, 1, 0, 7, 0, 0, 0]);
  expect(new AttributeIndex(set).read(bytes, 0, bytes.length).number(set.kind)).toBe(7);
});

test("texts end at their first zero byte, and counters have all 64 bits", () => {
  const table = { name: { id: 1, type: "string" }, count: { id: 2, type: "u64" } } as const;
  const index = new AttributeIndex(table, "of a thing");
  forSeeds(100, (random) => {
    const name = random.pick(["", "wlc", "wlc2", "gr\u00fcn", "\ud83d\ude00"]);
    const count = (BigInt(random.below(random.pick([1, 2 ** 32]))) << 32n) | BigInt(random.below(random.pick([1, 2 ** 32])));
    const bytes = encode(table, { name, count });
    index.read(bytes, 0, bytes.length);
    expect([index.text(table.name), index.bigint(table.count)]).toEqual([name, count]);
  });
  index.read(new Uint8Array(0), 0, 0);
  expect([index.has(table.name), index.has(table.count)]).toEqual([false, false]);
  expect(() => index.text(table.name)).toThrow("no name of a thing");
});
