// SPDX-License-Identifier: GPL-2.0-only
import { toJson } from "../../../src/format/json-text.js";

const plain = { text: 'a"b\\\n\u0001é', list: [1, -2.5, [], {}, null, true], inner: { deep: [{ x: 0 }] }, empty: "" };

test("it is JSON.stringify's, but for blanks", () => {
  expect(JSON.parse(toJson(plain))).toEqual(plain);
  expect(toJson(plain, 2)).toBe(JSON.stringify(plain, null, 2));
  expect(toJson(plain)).not.toContain("\n");
  expect(toJson([1, { a: 2, b: 3 }])).toBe('[1, {"a": 2, "b": 3}]');
});

test("64-bit counters keep their digits", () => {
  expect(toJson({ most: 2n ** 64n - 1n, odd: 2n ** 53n + 1n, zero: 0n })).toBe(
    '{"most": 18446744073709551615, "odd": 9007199254740993, "zero": 0}',
  );
});

test("undefined fields are absent", () => {
  expect(toJson({ a: undefined, b: 1 })).toBe('{"b": 1}');
});
