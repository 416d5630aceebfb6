// SPDX-License-Identifier: GPL-2.0-only
import type { Case } from "./case.js";

const words = (line: string): string[] => line.split(" ").filter((word) => word !== "");

/** Cases on one base, a line each. */
function lines(group: string, base: Case["base"], text: string): Case[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => ({ group, base, argv: words(line) }));
}

/** Cases written by hand: all of them run every time. */
export const written: readonly Case[] = [
  ...lines("listing", "web", `
    -L
    -L -n
    -Ln --stats
    -Ln --rate
    -Ln --thresholds
    -Ln --persistent-conn
    -Ln --tun-info
    -Ln --exact --stats
    -Ln --nosort
    -Ln -t 10.1.0.1:80
    -S
    -S -n
    -L --timeout
    -L --daemon
    -L -c -n
  `),
  ...lines("listing", "many", `
    -Ln
    -Ln --nosort
    -Sn
  `),
];
