// SPDX-License-Identifier: GPL-2.0-only
import { plotOf, seriesOf } from "../../../bench/packets/report/plot.js";
import { parseSamples } from "../../../bench/packets/report/samples.js";
import { rowsOf } from "../../../bench/packets/report/table.js";

const rows = rowsOf(
  parseSamples(
    ["drop 4 1000 request 2000", "drop 4 1000 reply 1900", "snat 4 1000 request 4000.4", "snat 4 1000 new 9000", "snat 6 1000 request 5", "nft 4 1 reply 7"]
      .map((line) => `sample ${line}`)
      .join("\n"),
  ),
);
const subject = { title: "A title", unit: "instructions", family: 4, flows: 1000 } as const;

test("a series for each direction, and a gap where nothing was measured", () => {
  expect(seriesOf(rows, subject)).toEqual({
    modes: ["drop", "snat"],
    series: [
      { name: "request", data: [2000, 4000] },
      { name: "reply", data: [1900, undefined] },
    ],
  });
});

test("the plot is an SVG with the modes, their numbers and the unit", () => {
  const svg = plotOf(rows, subject);
  expect(svg).toMatch(/^<svg /);
  for (const text of ["A title", "instructions", "snat", "4000", "1900"]) expect(svg).toContain(`>${text}<`);
});

test("nothing of the subject is no plot", () => {
  expect(plotOf(rows, { ...subject, flows: 5 })).toBeUndefined();
});
