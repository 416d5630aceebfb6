// SPDX-License-Identifier: GPL-2.0-only
import type { Broken, Output } from "./samples.js";
import { type Row, rowsOf } from "./table.js";

/** What bench/results/NAME.json holds. */
export interface Result {
  readonly commit: string;
  readonly kernel: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  readonly broken: readonly Broken[];
}

export function resultOf(output: Output, about: Pick<Result, "commit" | "kernel" | "unit">): Result {
  return { ...about, rows: rowsOf(output), broken: output.broken };
}

/** JSON of a row for each line, so that a change of one is a change of one line. */
export function textOf({ rows, broken, ...about }: Result): string {
  const list = (items: readonly unknown[]): string => (items.length ? `[\n  ${items.map((item) => JSON.stringify(item)).join(",\n  ")}\n ]` : "[]");
  const head = Object.entries(about).map(([name, value]) => ` ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`);
  return `{\n${head.join("")} "rows": ${list(rows)},\n "broken": ${list(broken)}\n}\n`;
}
