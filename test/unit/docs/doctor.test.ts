// SPDX-License-Identifier: GPL-2.0-only
// The page of the checks against their table.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checks } from "../../../src/doctor/index.js";

const page = readFileSync(join(__dirname, "../../../docs/doctor.md"), "utf8");

test("every check has its row, in their order", () => {
  const rows = [...page.matchAll(/^\| ([a-z-]+) \|/gm)].map(([, id]) => id).filter((id) => id !== "check" && !id!.startsWith("--"));
  expect(rows).toEqual(checks.map(({ id }) => id));
  expect(page).toContain(`${checks.length} checks, 1 finding`);
});
