// SPDX-License-Identifier: GPL-2.0-only
import { objections } from "../../../bench/packets/report/gate.js";
import { type Result, resultOf, textOf } from "../../../bench/packets/report/result.js";
import { parseSamples } from "../../../bench/packets/report/samples.js";
import { ratios, summarize } from "../../../bench/packets/report/statistics.js";
import { rowsOf, tableOf } from "../../../bench/packets/report/table.js";

const text = `console line
sample drop 4 1000 request 2000
sample drop 4 1000 request 2010
sample drop 4 1000 request 2002
sample iptables 4 1000 request 6002
sample iptables 4 1000 new 12002
sample snat 4 1000 request 4002
sample snat 4 1000 new 7002
`;
const output = parseSamples(text);
const everything = () => true;

test("the median of an even number is between the two in the middle", () => {
  expect(summarize([4, 1, 3, 2])).toEqual({ median: 2.5, least: 1, most: 4, count: 4 });
  expect(summarize([10, 9, 100]).median).toBe(10);
  expect(() => summarize([])).toThrow("no measurement");
});

test("ratios are taken round by round", () => {
  expect(ratios([10, 30, 7], [5, 10])).toEqual([2, 3]);
});

test("a damaged sample is an error, and not a cost of nothing", () => {
  expect(() => parseSamples("sample snat 4 1000 request")).toThrow('"sample snat 4 1000 request"');
  expect(() => parseSamples("sample snat 4 1000 request -1")).toThrow("damaged");
});

test("own is what a mode takes above a drop; a new flow's packet counts as a request there", () => {
  const own = (mode: string, way: string) => rowsOf(output).find((row) => row.mode === mode && row.way === way)?.own?.median;
  expect([own("iptables", "request"), own("snat", "request"), own("snat", "new")]).toEqual([4002, 2002, 5002]);
});

test("own is taken round by round, and by the median drop where rounds are missing", () => {
  const rounds = parseSamples("sample drop 4 1 reply 10\nsample drop 4 1 reply 20\nsample snat 4 1 reply 15\nsample snat 4 1 reply 26\nsample snat 4 1 reply 30\n");
  expect(rowsOf(rounds)[1]?.owns).toEqual([5, 6, 15]);
});

test("without a drop in that case nothing is own", () => {
  expect(rowsOf(parseSamples("sample snat 6 1 request 5\n"))[0]).not.toHaveProperty("own");
});

test("the table has ratios to iptables in the same case, with and without the generator", () => {
  const lines = tableOf(output, "instructions").split("\n");
  expect(lines).toContain("| snat | IPv4 | 1,000 | request | 4002 ±0.0 % | 2002 | 1.50 (1.50–1.50) | 2.00 (2.00–2.00) | – | – |");
  expect(lines).toContain("| drop | IPv4 | 1,000 | request | 2002 ±0.2 % | 0 | 3.00 (3.00–3.00) | – | – | – |");
  expect(lines).toContain("| snat | IPv4 | 1,000 | new | 7002 ±0.0 % | 5002 | 1.71 (1.71–1.71) | 2.00 (2.00–2.00) | – | – |");
});

test("a case that lost packets has no cost, even in what was measured before", () => {
  const lost = parseSamples(`${text}broken snat 4 1000 reply: 3 of 4 arrived\n`);
  expect(rowsOf(lost).map(({ mode }) => mode)).not.toContain("snat");
  expect(tableOf(lost, "instructions")).toContain("BROKEN: snat, IPv4, 1,000 flows: reply: 3 of 4 arrived");
});

describe("gate", () => {
  const rows = rowsOf(output);
  const after = (snat: number) => parseSamples(text.replace("snat 4 1000 request 4002", `snat 4 1000 request ${snat}`));

  test("3 % more pass, a little above do not", () => {
    expect(objections(after(4122), rows, everything)).toEqual([]);
    expect(objections(after(4123), rows, everything)).toEqual(["snat IPv4 1000 flows, request: 4123 instructions, was 4002 (+3.0 %)"]);
  });

  test("of several counts the least is taken", () => {
    const twice = parseSamples(text.replace("snat 4 1000 request 4002", "snat 4 1000 request 4400\nsample snat 4 1000 request 4122"));
    expect(objections(twice, rows, everything)).toEqual([]);
  });

  test("others' modes may cost what they like", () => {
    expect(objections(parseSamples(text.replace("6002", "9999")), rows, everything)).toEqual([]);
  });

  test("a case that is broken or missing fails", () => {
    const missing = parseSamples(text.replace(/sample snat .* request .*\n/, ""));
    expect(objections(missing, rows, everything)).toEqual(["snat IPv4 1000 flows, request: not measured, was 4002"]);
    expect(objections(missing, rows, ({ way }) => way === "new")).toEqual([]);
    const broken = parseSamples(`${text}broken fullnat 6 1 request: none arrived`);
    expect(objections(broken, rows, everything)).toEqual(["fullnat IPv6 1 flows is broken: request: none arrived"]);
  });
});

test("a result is JSON with a row in each line", () => {
  const result = resultOf(output, { commit: "abc", kernel: "6.1", unit: "instructions" });
  const written = textOf(result);
  expect(JSON.parse(written)).toEqual(result);
  expect(written.split("\n").filter((line) => line.includes('"mode"'))).toHaveLength(result.rows.length);
  expect(JSON.parse(textOf({ ...result, rows: [] } as Result))).toHaveProperty("rows", []);
});
