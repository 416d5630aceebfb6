// SPDX-License-Identifier: GPL-2.0-only
import { init } from "echarts";
import type { Row } from "./table.js";

/** What of the results a plot shows. */
export interface Subject {
  readonly title: string;
  readonly unit: string;
  readonly family: 4 | 6;
  readonly flows: number;
}

/** Bars side by side for each mode. */
const WAYS = ["request", "reply"];
const WIDTH = 760;
const HEIGHT = 360;

/** Values of a plot, a series for each way, in the order of modes; undefined where nothing was measured. */
export function seriesOf(rows: readonly Row[], { family, flows }: Pick<Subject, "family" | "flows">): {
  readonly modes: readonly string[];
  readonly series: readonly { readonly name: string; readonly data: readonly (number | undefined)[] }[];
} {
  const shown = rows.filter((row) => row.family === family && row.flows === flows && WAYS.includes(row.way));
  const modes = [...new Set(shown.map(({ mode }) => mode))];
  const valueOf = (mode: string, way: string): number | undefined => {
    const median = shown.find((row) => row.mode === mode && row.way === way)?.cost.median;
    return median === undefined ? undefined : Math.round(median);
  };
  return { modes, series: WAYS.map((name) => ({ name, data: modes.map((mode) => valueOf(mode, name)) })) };
}

/** An SVG of what a packet costs in each mode; undefined when no row is of that subject. */
export function plotOf(rows: readonly Row[], subject: Subject): string | undefined {
  const { modes, series } = seriesOf(rows, subject);
  if (!modes.length) return undefined;
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    title: { text: subject.title, left: "center", textStyle: { fontSize: 14 } },
    legend: { bottom: 0 },
    grid: { left: 60, right: 20, top: 50, bottom: 60 },
    xAxis: { type: "category", data: [...modes], axisLabel: { interval: 0 } },
    yAxis: { type: "value", name: subject.unit },
    series: series.map(({ name, data }) => ({
      name,
      type: "bar",
      data: data.map((value) => value ?? "-"),
      label: { show: true, position: "top", fontSize: 9 },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
