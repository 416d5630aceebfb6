// SPDX-License-Identifier: GPL-2.0-only
// The pages that a guest types against the suite that has them typed.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (path: string) => readFileSync(join(__dirname, "../../..", path), "utf8");
const suite = read("test/vm/cases/guide.sh");

/** Headings, each with what stands under it up to the next of any rank. */
const sections = (path: string) => read(path).split(/^#+ /m).slice(1).map((part) => ({ heading: part.split("\n")[0]!, text: part }));

test("every section of the guide that has commands is typed", () => {
  const typed = [...suite.matchAll(/^\tfollow guide\.md (.*)$/gm)].flatMap(([, words]) => [...words!.matchAll(/"([^"]+)"/g)].map(([, heading]) => heading));
  const withCommands = sections("docs/guide.md").filter(({ text }) => /^ {4}\w+# /m.test(text)).map(({ heading }) => heading);
  expect(withCommands.length).toBeGreaterThan(5);
  expect(typed).toEqual(withCommands);
});

test("every prompt of the guide is a host that the suite knows", () => {
  const known = [...suite.matchAll(/(\w+)=\w+(?= [^\n]*\|\| fail)/g)].map(([, prompt]) => prompt);
  const prompts = new Set([...read("docs/guide.md").matchAll(/^ {4}(\w+)# /gm)].map(([, prompt]) => prompt));
  expect(known).toEqual(expect.arrayContaining([...prompts]));
});

test("every table of the migration is typed, with our command in nearly every row", () => {
  const typed = [...suite.matchAll(/^\tmigrate "?([^"\n]+?)"? (\d)$/gm)].map(([, heading]) => heading);
  expect(typed).toEqual(sections("docs/migration.md").slice(1).map(({ heading }) => heading));
});
