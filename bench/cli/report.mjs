// SPDX-License-Identifier: GPL-2.0-only
// report.mjs SAMPLES RESULT: medians, spread and ratios of what guest.sh measured,
// as a table on standard output and as JSON.
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { readFileSync, writeFileSync } from "node:fs";

const [samplesPath, resultPath] = process.argv.slice(2);

/** What is compared with what: the goal is the most that the ratio may be. */
const comparisons = [
  { name: "start", title: "-Ln, empty table, to node -e 0", base: "node", goal: 1.25 },
  { name: "version", title: "--version on this machine, to node -e 0", base: "node" },
  { name: "start", title: "-Ln, empty table, to C", base: "C" },
  { name: "restore", title: "-R, 10,000 services, 2 servers each", base: "C", goal: 1 },
  { name: "list", title: "-Ln of that table", base: "C", goal: 1 },
];

const samples = readFileSync(samplesPath, "utf8")
  .split("\n")
  .map((line) => line.split(" "))
  .filter((fields) => fields.length === 7 && Number.isFinite(Number(fields[2])))
  .map(([name, program, wall, user, system, memory]) => ({
    name,
    program,
    wall: Number(wall),
    cpu: Number(user) + Number(system),
    memory: Number(memory),
  }));

function summary(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
  return { median: middle, least: sorted[0], most: sorted.at(-1), count: sorted.length };
}

function summaries(name, program) {
  const own = samples.filter((sample) => sample.name === name && sample.program === program);
  if (own.length === 0) throw new Error(`no sample of ${name} by ${program}: see build/vm/bench-cli.log`);
  return Object.fromEntries(["wall", "cpu", "memory"].map((what) => [what, summary(own.map((sample) => sample[what]))]));
}

const rows = comparisons.map(({ name, title, base, goal }) => {
  const [reference, ours] = [summaries(name, base), summaries(name, "tsipvsadm")];
  const ratio = (what) => ours[what].median / reference[what].median;
  return { name, title, base, goal, reference, ours, ratios: { wall: ratio("wall"), cpu: ratio("cpu"), memory: ratio("memory") } };
});

const seconds = ({ median, least, most }) => `${median.toFixed(3)} (${least.toFixed(3)}–${most.toFixed(3)})`;
const mebibytes = ({ median }) => (median / 1024).toFixed(1);
console.log("| | base | base, s | tsipvsadm, s | ratio | base, CPU s | tsipvsadm, CPU s | ratio | memory, MiB |");
console.log("|---|---|---|---|---|---|---|---|---|");
for (const { title, base, reference, ours, ratios, goal } of rows) {
  const wall = `${ratios.wall.toFixed(2)}${goal === undefined ? "" : ` (goal ${goal})`}`;
  console.log(
    `| ${title} | ${base} | ${seconds(reference.wall)} | ${seconds(ours.wall)} | ${wall} | ${reference.cpu.median.toFixed(3)} | ` +
      `${ours.cpu.median.toFixed(3)} | ${ratios.cpu.toFixed(2)} | ${mebibytes(reference.memory)}, ${mebibytes(ours.memory)} |`,
  );
}
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const result = { commit, node: process.version, processor: cpus()[0]?.model, rows, samples };
writeFileSync(resultPath, `${JSON.stringify(result, null, 1)}\n`);
