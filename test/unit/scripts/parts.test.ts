// SPDX-License-Identifier: GPL-2.0-only
// The tables that scripts/test.sh reads: what npm test runs, and which of it a change can touch.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../../..");

function rows(table: string): string[][] {
  const lines = readFileSync(join(root, "test", table), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(/ +/));
}

const parts = rows("parts").map(([name, seconds, when, kind, ...rest]) => ({
  name: name!,
  seconds: Number(seconds),
  when: when!,
  kind: kind!,
  rest,
}));
const paths = rows("paths").map(([glob, ...named]) => ({ glob: glob!, named }));

/** As bash matches: a * also matches slashes. */
function matches(glob: string, file: string): boolean {
  const pattern = glob.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${pattern}$`).test(file);
}

/** With the variant, as SUITE:VARIANT. */
const suitesOf = (name: string): readonly string[] => {
  const { rest } = parts.find((part) => part.name === name)!;
  return (rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest).slice(2);
};

/** A suite of several in a guest is a part by its own name too, as scripts/test.sh makes it. */
const namesOfSuites = parts
  .filter(({ name, kind }) => kind === "guest" && !name.includes("@") && suitesOf(name).length > 1)
  .flatMap(({ name }) => suitesOf(name))
  .map((suite) => suite.replace(":", "-"))
  .map((name) => (parts.some((part) => part.name === name) ? `${name}-guest` : name));

describe("test/parts", () => {
  it("has each part once, with seconds and a time that scripts/test.sh knows", () => {
    expect(new Set(parts.map(({ name }) => name)).size).toBe(parts.length);
    for (const part of parts) {
      expect(part.seconds).toBeGreaterThan(0);
      expect(["each", "all", "short"]).toContain(part.when);
      expect(["check", "kernel", "module", "install", "gate", "guest"]).toContain(part.kind);
    }
  });

  it("has every suite of the guest", () => {
    const suites = new Set(parts.filter(({ kind }) => kind === "guest").flatMap(({ name }) => suitesOf(name).map((suite) => suite.replace(/:.*/, ""))));
    // The suite debug needs a debug kernel: npm run test:debug.
    const files = readdirSync(join(root, "test/vm/cases")).map((file) => file.replace(/\.sh$/, "")).filter((name) => name !== "debug");
    expect([...suites].sort()).toEqual(files.sort());
  });

  it("shares out no more than 20 minutes of three parts at a time", () => {
    const seconds = parts.filter(({ when }) => when !== "all").reduce((sum, part) => sum + part.seconds, 0);
    expect(seconds).toBeLessThanOrEqual(3 * 20 * 60);
  });
});

describe("test/paths", () => {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter((file) => file !== "" && existsSync(join(root, file)));

  it("has a line for every file", () => {
    expect(files.filter((file) => !paths.some(({ glob }) => matches(glob, file)))).toEqual([]);
  });

  it("has no line that no file is on", () => {
    expect(paths.filter(({ glob }) => !files.some((file) => matches(glob, file)))).toEqual([]);
  });

  it("names parts that there are", () => {
    const known = new Set(["each", ...parts.map(({ name }) => name), ...namesOfSuites]);
    expect(paths.flatMap(({ named }) => named).filter((name) => !known.has(name))).toEqual([]);
    for (const { glob, named } of paths) expect({ glob, parts: named.length }).not.toEqual({ glob, parts: 0 });
  });

  it("runs a changed suite in every part that has it", () => {
    for (const { name, kind } of parts.filter((part) => part.when !== "all")) {
      for (const suite of kind === "guest" ? suitesOf(name) : []) {
        const file = suite.replace(/:.*/, "");
        const wanted = [`${suite.replace(":", "-")}-guest`, suite.replace(":", "-")].find((one) => namesOfSuites.includes(one));
        const named = paths.filter(({ glob }) => matches(glob, `test/vm/cases/${file}.sh`)).flatMap((path) => path.named);
        expect(named).toContain(name.includes("@") ? name : (wanted ?? name));
      }
    }
  });
});
