// SPDX-License-Identifier: GPL-2.0-only
import { column, largeNumber, plainNumber } from "../../../src/format/columns.js";

test.each([
  [0n, "        0"],
  [99999999n, " 99999999"],
  [100000000n, "  100000K"],
  [999999999n, "  999999K"],
  [1000000000n, "    1000M"],
  [99999999999n, "   99999M"],
  [123456789012n, "     123G"],
  [99999999999999n, "   99999G"],
  [100000000000000n, "     100T"],
  [18446744073709551615n, "18446744T"],
])("%d is shown as %p", (value, shown) => expect(largeNumber(value, false)).toBe(shown));

test("an exact number is whole, with a blank before it", () => {
  expect(largeNumber(123456789012n, true)).toBe(" 123456789012");
  expect(plainNumber(7n)).toBe("        7");
});

test("a cell that fills its column still ends in a blank", () => {
  expect([column("ab", 4), column("abcd", 4), column("abcdef", 4)]).toEqual(["ab  ", "abcd ", "abcdef "]);
});
