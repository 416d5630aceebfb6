// SPDX-License-Identifier: GPL-2.0-only
import type { Case } from "./case.js";

export const words = (line: string): string[] => line.split(" ").filter((word) => word !== "");

/** Cases on one base, a line each. What stands behind " :: " is the difference that the line shows. */
export function lines(group: string, base: Case["base"], text: string): Case[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [command, differs] = line.split(" :: ");
      return { group, base, argv: words(command!), stdin: "", ...(differs !== undefined && { differs: differs.trim() }) };
    });
}

