// SPDX-License-Identifier: GPL-2.0-only
// The man page against the tables it is made from.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { options } from "../../../src/cli/options.js";
import { verbs } from "../../../src/cli/verbs.js";
import { exitStatus } from "../../../src/errors.js";

const page = readFileSync(join(__dirname, "../../../docs/tsipvsadm.8"), "utf8");
const plain = page.replace(/\\f[BIR]/g, "").replaceAll("\\-", "-");

/** The first line of each tagged paragraph. */
const tags = [...plain.matchAll(/^\.TP\n(.*)$/gm)].map(([, tag]) => tag!);

test.each([
  "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "SOURCE NAT", "ZONES", "DOCTOR", "TABLES IN FILES", "JSON", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT",
  "FILES", "DEBUGGING", "SEE ALSO",
])("section %s", (title) => expect(page).toContain(`\n.SH ${title}\n`));

test.each(verbs.map((verb) => [verb.id, verb] as const))("verb %s", (_id, { shorts, long, word, synopsis }) => {
  const tag = [...[...shorts].map((letter) => `-${letter}`), word ? long : `--${long}`].join(", ") + (synopsis && ` ${synopsis}`);
  expect(tags.filter((text) => text === tag)).toEqual([tag]);
});

const flags = options.flatMap((option) => option.flags.map((flag) => [flag.long, flag, option] as const));

test.each(flags)("option %s", (long, { short, arg, optional }, option) => {
  const names = short === undefined ? `--${long}` : `-${short}, --${long}`;
  const tag = names + (arg === undefined ? "" : optional ? ` [${arg}]` : ` ${arg}`);
  expect(tags.filter((text) => text === tag)).toEqual([tag]);
  const paragraph = plain.slice(plain.indexOf(`.TP\n${tag}\n`)).split("\n.TP\n")[0]!.split("\n.S")[0]!;
  const verb = verbs.find(({ id }) => [...(option.need ?? []), ...(option.may ?? []), ...(option.alone ?? [])].includes(id));
  if (verb) expect(paragraph).toContain(verb.shorts ? `-${verb.shorts[0]}` : verb.word ? verb.long : `--${verb.long}`);
});

test("every exit status has its paragraph", () => {
  for (const status of Object.values(exitStatus)) expect(page).toContain(`\n.TP\n.B ${status}\n`);
});

test("nothing is left of the template, and hyphens of literal text are escaped", () => {
  expect(page).not.toMatch(/@[A-Z]+@/);
  expect(page.match(/^\.B[RI]? .*(?<!\\)-.*$/gm)).toBeNull();
  for (const [, example] of page.matchAll(/^\.EX\n([\s\S]*?)^\.EE$/gm)) expect(example).not.toMatch(/(?<!\\)-/);
});

test("what the prose adds is about options that there are", () => {
  const source = readFileSync(join(__dirname, "../../../scripts/cli/man-details.mjs"), "utf8");
  const names = [...source.matchAll(/^ {2}"?([a-z0-9-]+)"?: "/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(20);
  expect(flags.map(([long]) => long)).toEqual(expect.arrayContaining(names));
});
