// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const folder = join(__dirname, "../../golden");

/**
 * A golden file is a session on a fresh kernel: "$ " and a command line, then
 * what it prints, then "=> N" when it ends with N rather than 0. Lines behind
 * "$ tsipvsadm -R" that begin with "< " are its standard input, "# " is a
 * remark. UPDATE_GOLDEN=1 writes the files anew.
 */
async function replay(text: string): Promise<string> {
  const kernel = new FakeKernel();
  const result: string[] = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.startsWith("# ")) result.push(line);
    if (!line.startsWith("$ tsipvsadm")) continue;
    const input: string[] = [];
    while (lines[i + 1]?.startsWith("< ")) input.push(lines[++i]!.slice(2));
    const argv = line.split(" ").slice(2);
    const { status, out, err } = await runCli(kernel, argv, input.join("\n"));
    result.push(line, ...input.map((text) => `< ${text}`), ...(out + err).split("\n").slice(0, -1));
    if (status !== 0) result.push(`=> ${status}`);
  }
  return `${result.join("\n").trimEnd()}\n`;
}

describe("golden sessions", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".session"));

  test("there are some", () => expect(files.length).toBeGreaterThan(3));

  test.each(files)("%s", async (name) => {
    const path = join(folder, name);
    const expected = readFileSync(path, "utf8");
    const actual = await replay(expected);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, actual);
    else expect(actual).toBe(expected);
  });
});
