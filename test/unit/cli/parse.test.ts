// SPDX-License-Identifier: GPL-2.0-only
import { Names } from "../../../src/cli/names.js";
import { options } from "../../../src/cli/options.js";
import { parseNow } from "../../../src/cli/parse.js";
import { helpText } from "../../../src/cli/help.js";
import { verbs } from "../../../src/cli/verbs.js";

const read = (line: string) => {
  const { verb, given, values } = parseNow(line.split(" ").filter((word) => word !== ""), new Names());
  return { verb: verb.id, given: [...given].sort(), values };
};

test("no letter and no long name means two things to one verb", () => {
  const letters = verbs.flatMap(({ shorts }) => [...shorts]).sort();
  // -K is a rule or a zone, by its options.
  expect(letters.filter((letter, index) => letters.indexOf(letter) !== index)).toEqual(["K"]);
  const longs = [...verbs.map(({ long }) => long), ...options.flatMap(({ flags }) => flags.map(({ long }) => long))];
  expect(new Set(longs).size).toBe(longs.length);
  for (const { id } of verbs) {
    const legal = options.filter(({ need, may, alone }) => [need, may, alone].some((list) => list?.includes(id)));
    const shorts = legal.flatMap(({ flags }) => flags.flatMap(({ short }) => short ?? []));
    expect([id, new Set(shorts).size]).toEqual([id, shorts.length]);
  }
});

test.each([
  ["-Lnc", ["connection", "numeric"]],
  ["-ln", ["numeric"]],
  ["-L -n -c", ["connection", "numeric"]],
  ["--list --numeric --connection", ["connection", "numeric"]],
  ["", []],
])("%p lists", (line, given) => expect(read(line)).toEqual({ verb: "list", given, values: {} }));

test.each(["-f1", "-f 1", "-f=1", "--fwmark-service 1", "--fwmark-service=1"])("a value may be written %s", (flag) =>
  expect(read(`-D ${flag}`).values).toEqual({ fwmark: 1 }),
);

test("-p takes a number only when one follows", () => {
  expect(read("-A -f 1 -p 50").values.persistent).toBe(50);
  expect(read("-A -f 1 -p50").values.persistent).toBe(50);
  expect(read("-A -p -f 1").values).toEqual({ persistent: 360, fwmark: 1 });
  expect(read("-A -f 1 -p").values.persistent).toBe(360);
});

test("-b takes flags with -A and nothing with -K", () => {
  expect(read("-A -f 1 -b flag-1").values.schedFlags).toBe("flag-1");
  expect(read("-K -b -f 1 -F ::/0 -6 -U ::1").given).toContain("fullnat");
});

test("options of a rule mean the same in any order", () => {
  const words = ["-f 1", "-F 10.0.0.0/8", "-T 8.8.8.8", "-W 1.1.1.1", "--oif eth1", "-U 2.2.2.2", "-O sh", "-N 3.3.3.3"];
  const expected = read(`-K ${words.join(" ")}`);
  expect(expected.values.oif).toBe("eth1");
  for (let i = 1; i < words.length; i++) {
    expect(read(`-K ${[...words.slice(i), ...words.slice(0, i)].join(" ")}`)).toEqual(expected);
  }
});

test("ports may have the names of /etc/services", () => {
  const names = new Names();
  jest.spyOn(names, "port").mockImplementation((name) => (name === "http" ? 80 : undefined));
  expect(parseNow(["-D", "-t", "1.2.3.4:http"], names).values.virtual?.port).toBe(80);
  expect(() => parseNow(["-D", "-t", "1.2.3.4:nope"], names)).toThrow("illegal virtual server address[:port] specified");
});

test("help names every verb and every flag", () => {
  const text = helpText();
  const longs = [...verbs.map(({ long, word }) => (word ? long : `--${long}`)), ...options.flatMap(({ flags }) => flags.map(({ long }) => `--${long}`))];
  expect(longs.filter((long) => !new RegExp(`(?<!\\w)${long}\\b`).test(text))).toEqual([]);
  expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
});
