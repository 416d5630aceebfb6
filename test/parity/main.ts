// SPDX-License-Identifier: GPL-2.0-only
// Compare C ipvsadm with tsipvsadm, case by case; see docs/testing.md.
//   parity.js all [PART/PARTS] [PATTERN]   every case whose group matches
//   parity.js sample COUNT [SEED]          the written ones, and COUNT others
import { readFileSync } from "node:fs";
import { Random } from "../helpers/random.js";
import type { Case, Comparison } from "./case.js";
import { differingParts, explain } from "./case.js";
import { differences, listed } from "./differences.js";
import * as generate from "./generate.js";
import { Kernel } from "./kernel.js";
import { report, runHere, runProgram } from "./machine.js";
import { written } from "./written.js";

const IPVSADM = "/sbin/ipvsadm";
const PROJECT = process.env["PROJECT"]!;
const TSIPVSADM = `${PROJECT}/bin/tsipvsadm`;

/** The whole suite is always the same. */
const WHOLE_SEED = 20191224;
/** One case in so many also runs as a process of its own. */
const PROCESS_EVERY = 60;

function generated(random: Random): Case[] {
  return [
    ...generate.pairs(random),
    ...generate.oddArguments(random),
    ...generate.lines(random, 3000),
    ...generate.mutants(random, 2000),
    ...generate.files(random, 700),
  ];
}

function chosen([mode, first, second]: readonly string[]): Case[] {
  if (mode === "all") {
    const [part, parts] = (/^\d+\/\d+$/.test(first ?? "") ? first! : "1/1").split("/").map(Number);
    const pattern = new RegExp(second ?? (/^\d+\/\d+$/.test(first ?? "") ? "" : (first ?? "")));
    const all = [...written, ...generated(new Random(WHOLE_SEED))].filter(({ group }) => pattern.test(group));
    return all.filter((_, i) => i % parts! === part! - 1);
  }
  const seed = second === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(second);
  report(`parity: seed ${seed}\n`);
  const random = new Random(seed);
  const others = generated(random);
  return [...written, ...Array.from({ length: Number(first ?? 700) }, () => random.pick(others))];
}

/** Cases of one state together, so that it is seldom made anew. */
const byBase = (cases: readonly Case[]): Case[] =>
  [...cases].sort((a, b) => (a.base < b.base ? -1 : Number(a.base > b.base)));

class Tally {
  cases = 0;
  equal = 0;
  differ = 0;
  failed = 0;

  judge(tried: Case, comparison: Comparison, how: string): void {
    this.cases++;
    const same = differingParts(comparison).length === 0;
    const titles = same ? [] : listed(tried, comparison);
    if (tried.differs !== undefined && !titles?.includes(tried.differs)) {
      this.#fail(tried, comparison, `${how}: not the difference "${tried.differs}" that is listed`);
    } else if (same) this.equal++;
    else if (titles) this.differ++;
    else this.#fail(tried, comparison, how);
  }

  #complain(what: string): void {
    this.failed++;
    report(`not ok parity: ${what}\n`);
  }

  #fail(tried: Case, comparison: Comparison, how: string): void {
    this.failed++;
    report(explain(tried, comparison, how));
  }

  end(): void {
    const explained = readFileSync(`${PROJECT}/docs/differences.md`, "utf8");
    for (const { title } of differences) {
      if (!written.some(({ differs }) => differs === title)) this.#complain(`no case shows "${title}"`);
      if (!explained.includes(`**${title}`)) this.#complain(`docs/differences.md does not have "${title}"`);
    }
    report(`parity: ${this.cases} cases, ${this.equal} equal, ${this.differ} differ as docs/differences.md says\n`);
    report(`${this.equal + this.differ} passed, ${this.failed} failed\n`);
  }
}

async function main(): Promise<void> {
  const kernel = new Kernel(IPVSADM);
  const tally = new Tally();
  const cases = byBase(chosen(process.argv.slice(2)));
  const started = Date.now();
  for (const [index, tried] of cases.entries()) {
    if (process.env["PARITY_TRACE"]) report(`${JSON.stringify(tried)}\n`);
    kernel.on(tried.base);
    const c = await kernel.after(() => runProgram(IPVSADM, tried));
    tally.judge(tried, { c, ours: await kernel.after(() => runHere(tried)) }, "in process");
    if (index % PROCESS_EVERY === PROCESS_EVERY - 1) {
      tally.judge(tried, { c, ours: await kernel.after(() => runProgram(TSIPVSADM, tried)) }, "as a process");
    }
    if (index % 1000 === 999) report(`parity: ${index + 1} of ${cases.length}, ${Math.round((Date.now() - started) / 1000)} s\n`);
  }
  tally.end();
}

main().catch((error: unknown) => {
  report(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
