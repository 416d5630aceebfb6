// SPDX-License-Identifier: GPL-2.0-only
import { TextBuffer } from "../../../src/format/text-buffer.js";
import { formatAddress } from "../../../src/model/address.js";
import { forSeeds } from "../../helpers/random.js";

function written(work: (out: TextBuffer) => void): { text: string; pieces: number } {
  const pieces: Buffer[] = [];
  const out = new TextBuffer((bytes) => pieces.push(Buffer.from(bytes)));
  work(out);
  out.flush();
  return { text: Buffer.concat(pieces).toString(), pieces: pieces.length };
}

const text = (work: (out: TextBuffer) => void): string => written(work).text;

test("columns are padded in bytes, and a blank stands behind a full one", () => {
  expect(text((out) => out.column().text("ab").pad(4).text("|"))).toBe("ab  |");
  expect(text((out) => out.column().text("abcd").pad(4).text("|"))).toBe("abcd |");
  expect(text((out) => out.column().text("a").text("bcdef").pad(4).text("|"))).toBe("abcdef |");
  expect(text((out) => out.column().text("ü").pad(4).text("|"))).toBe("ü  |");
});

test("what does not promise a blank has none", () => {
  expect(text((out) => out.column().text("ab").fill(4).text("|"))).toBe("ab  |");
  expect(text((out) => out.column().text("abcd").fill(4).text("|"))).toBe("abcd|");
  expect(text((out) => out.column().text("abcdef").fill(4).text("|"))).toBe("abcdef|");
});

test("blanks are blank, whatever stood there before what gathered was written", () => {
  forSeeds(5, (random) => {
    let expected = "";
    const rows = (out: TextBuffer) => {
      for (let i = 0; i < 9000; i++) {
        const part = `${"x".repeat(random.below(63))}${random.pick(["ü", "y"])}`;
        out.column().text(part).pad(64).text("|").right(i, 9);
        expected += `${part}${" ".repeat(Math.max(1, 64 - Buffer.byteLength(part)))}|${String(i).padStart(9)}`;
      }
    };
    expect(text(rows) === expected).toBe(true);
  });
});

test.each([0, 7, 9, 10, 99, 100, 65535, 2 ** 32, 2 ** 53 - 1])("%d in digits", (value) => {
  expect(text((out) => out.number(value))).toBe(String(value));
  expect(text((out) => out.number(value, 2))).toBe(String(value).padStart(2, "0"));
  expect(text((out) => out.right(value, 9))).toBe(String(value).padStart(9));
});

test("addresses are written as they are anywhere", () => {
  forSeeds(500, (random) => {
    const address = random.below(4) > 0 ? ({ family: "ipv4", bytes: random.bytes(4) } as const) : ({ family: "ipv6", bytes: random.bytes(16) } as const);
    expect(text((out) => out.address(address))).toBe(formatAddress(address));
  });
});

test("whatever the lengths, nothing is lost and nothing is cut at what is handed over", () => {
  forSeeds(40, (random) => {
    let expected = "";
    const { text, pieces } = written((out) => {
      for (let i = 0; i < 300; i++) {
        const part = random.pick(["x", "ü", "\u{1f600}"]).repeat(random.below(random.pick([10, 1000, 3000])));
        const width = random.below(100);
        out.column().text(part).pad(width).number(i).text("\n");
        expected += `${part}${" ".repeat(Math.max(1, width - Buffer.byteLength(part)))}${i}\n`;
      }
    });
    expect(text === expected).toBe(true);
    expect(pieces).toBeGreaterThan(Math.floor(Buffer.byteLength(expected) / 65_536));
  });
});

test("a blank is written behind what fills the buffer to its last byte", () => {
  for (const width of [0, 1, 64]) {
    const long = "x".repeat(65_536);
    expect(text((out) => out.column().text(long).pad(width).text("|")) === `${long} |`).toBe(true);
  }
});

test("text longer than what may gather goes through", () => {
  for (const long of ["x".repeat(200_000), "ü".repeat(70_000)]) {
    expect(text((out) => out.column().text("a").text(long).pad(9).text("|")) === `a${long} |`).toBe(true);
  }
});
