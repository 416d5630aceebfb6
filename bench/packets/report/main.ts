// SPDX-License-Identifier: GPL-2.0-only
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { objections } from "./gate.js";
import { plotOf } from "./plot.js";
import { type Result, resultOf, textOf } from "./result.js";
import { parseSamples } from "./samples.js";
import { rowsOf, tableOf } from "./table.js";

const usage = "usage: report --samples FILE --kernel RELEASE --unit UNIT [--result FILE] [--gate FILE] [--plot FILE]";

function run(): number {
  const { values } = parseArgs({
    options: {
      samples: { type: "string" },
      kernel: { type: "string" },
      unit: { type: "string" },
      result: { type: "string" },
      gate: { type: "string" },
      plot: { type: "string" },
    },
  });
  const { samples, kernel, unit } = values;
  if (samples === undefined || kernel === undefined || unit === undefined) throw new Error(usage);
  const output = parseSamples(readFileSync(samples, "utf8"));
  process.stdout.write(`${tableOf(output, unit)}\n`);
  if (values.result !== undefined) {
    const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
    writeFileSync(values.result, textOf(resultOf(output, { commit, kernel, unit })));
  }
  if (values.plot !== undefined) {
    const title = `One packet through the gateway: IPv4, 1,000 flows, 64 bytes (${kernel})`;
    const svg = plotOf(rowsOf(output), { title, unit, family: 4, flows: 1000 });
    if (svg === undefined) throw new Error(`nothing to plot: ${samples} has no samples of IPv4 with 1,000 flows`);
    writeFileSync(values.plot, svg);
  }
  if (values.gate === undefined) return output.broken.length ? 1 : 0;
  const reference = JSON.parse(readFileSync(values.gate, "utf8")) as Result;
  const rows = rowsOf(output);
  const measured = new Set(rows.map(({ family, flows }) => `${family} ${flows}`));
  const modes = new Set(["snat", "fullnat", ...rows.map(({ mode }) => mode)]);
  const found = objections(output, reference.rows, ({ mode, family, flows }) => modes.has(mode) && measured.has(`${family} ${flows}`));
  for (const objection of found) process.stdout.write(`gate: ${objection}\n`);
  process.stdout.write(found.length ? "gate: failed\n" : `gate: passed, nothing of ours above ${values.gate}\n`);
  return found.length ? 1 : 0;
}

process.exitCode = run();
