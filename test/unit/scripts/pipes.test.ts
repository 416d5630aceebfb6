// SPDX-License-Identifier: GPL-2.0-only
// Under pipefail a pipe into a reader that stops early now and then fails: its writer is ended by SIGPIPE.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../../..");
const EARLY = /[^|]\|\s*(grep (-\S+ )*-\w*q|grep (-\S+ )*-m|head -n 1\b)/;

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.sh"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));

/** Lines whose writer may still write. What has one short line for it has written before. */
function early(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  if (!text.includes("pipefail") && !file.startsWith("test/vm/cases/")) return [];
  return text.split("\n").filter((line) => EARLY.test(line) && !line.includes("| sort -V | head") && !line.includes("PIPESTATUS"));
}

it("no pipe leads to a reader that stops early", () => {
  expect(files.length).toBeGreaterThan(60);
  expect(files.flatMap((file) => early(file).map((line) => `${file}: ${line.trim()}`))).toEqual([]);
});
