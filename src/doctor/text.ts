// SPDX-License-Identifier: GPL-2.0-only
import type { CheckedFinding, Ran, Report } from "./examine.js";

/** How words stand out, on a terminal. */
export interface Style {
  title(text: string): string;
  command(text: string): string;
}

export const plain: Style = { title: (text) => text, command: (text) => text };

/** The report for people: what, why, and what to do, a block for each. */
export function reportText({ findings, unknown }: Report, checks: number, fixing: boolean, style: Style): string {
  const blocks = [...findings.map((finding) => findingText(finding, style)), ...unknown.map(({ check, unknown: what }) => `${check}: not known: ${what}\n`)];
  const safe = findings.filter((finding) => finding.safe).length;
  const hint = safe > 0 && !fixing ? `; \`tsipvsadm doctor --fix' mends ${safe === findings.length ? (safe === 1 ? "it" : "them") : safe}` : "";
  const count = findings.length === 0 ? "no findings" : findings.length === 1 ? "1 finding" : `${findings.length} findings`;
  return [...blocks, `${checks} checks, ${count}${hint}\n`].join("\n");
}

function findingText({ check, what, why, mends, safe, boot }: CheckedFinding, style: Style): string {
  const lines = mends.flatMap(({ how, commands }, i) => [
    `  ${how}${i === 0 && safe ? " (safe)" : ""}:\n`,
    ...commands.map((command) => `    ${style.command(command)}\n`),
  ]);
  const kept = boot === undefined ? "" : `  to keep it over a reboot: ${boot}\n`;
  return `${style.title(`${check}: ${what}`)}\n  ${why}\n${lines.join("")}${kept}`;
}

/** What --fix ran, a line each. */
export function ranText({ command, error }: Ran): string {
  return error === undefined ? `ran: ${command}\n` : `failed: ${command}: ${error}\n`;
}

// The names below are an interface, described by docs/schema.json.

/** The report for programs. */
export function reportFields({ findings, unknown }: Report, ran: readonly Ran[] | undefined) {
  return {
    doctor: {
      findings: findings.map(({ check, what, why, mends, safe, boot }) => ({
        check, what, why, safe, mends: mends.map(({ how, commands }) => ({ how, commands })), boot,
      })),
      unknown: unknown.map(({ check, unknown: what }) => ({ check, what })),
      ran: ran?.map(({ command, error }) => ({ command, error })),
    },
  };
}
