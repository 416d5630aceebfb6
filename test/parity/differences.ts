// SPDX-License-Identifier: GPL-2.0-only
// The differences that docs/differences.md explains, as patterns of cases.
import type { Case, Comparison } from "./case.js";
import { differingParts } from "./case.js";

type Side = Comparison["c"];

export interface Difference {
  /** The title in docs/differences.md. */
  readonly title: string;
  /**
   * The two with this difference taken away: what C did, or what we did, as it
   * would be without. The same object when the case does not show it.
   */
  readonly reconcile: (tried: Case, comparison: Comparison) => Comparison;
}

const isFile = ({ argv }: Case): boolean => argv[0] === "-R" || argv[0] === "--restore";

/** Every word of the command line and of the lines of standard input. */
const wordsOf = ({ argv, stdin = "" }: Case): string[] => [...argv, ...stdin.split(/\s+/)];

/** What follows in C has nothing to do with what we do: the case shows only that. */
function whole(applies: (tried: Case, comparison: Comparison) => boolean): Difference["reconcile"] {
  return (tried, comparison) => (applies(tried, comparison) ? { c: comparison.c, ours: comparison.c } : comparison);
}

/** Only one part of one side is other. */
function changed(comparison: Comparison, side: keyof Comparison, part: keyof Side, text: string): Comparison {
  if (comparison[side][part] === text) return comparison;
  return { ...comparison, [side]: { ...comparison[side], [part]: text } };
}

/** Our lines of stderr without the line of the file in front, where C says the same without it. */
function unnamed({ c, ours }: Comparison): string {
  const theirs = c.stderr.split("\n");
  return ours.stderr
    .split("\n")
    .map((line, i) => (/^line \d+: `/.test(line) && line.endsWith(`: ${theirs[i]}`) ? theirs[i]! : line))
    .join("\n");
}

/** HOST:PORT of a saved line as C cuts it off. */
const cut = (text: string): string => Buffer.from(text).subarray(0, 59).toString();

const ownVerb = /^(apply|module|doctor|--(add|edit|delete)-snat|--(add|del)-(zone|laddr)|--get-laddr|-[KkHPQGV].*)$/;
const ownOption = /^(--(json|ext-stats|atomic|dry-run|fix|from|to|gw|oif|snat-ip|algo|new-gw|fullnat|synproxy|zone|before|local-address)(=.*)?|-[A-Za-z0-9]*[KkHPQGVFTWUONzj].*)$/;

export const differences: readonly Difference[] = [
  {
    title: "What a file's refusal says",
    reconcile: (tried, comparison) =>
      isFile(tried) ? changed(comparison, "ours", "stderr", unnamed(comparison)) : comparison,
  },
  {
    title: "A file with a refused line fails",
    reconcile: (tried, comparison) => {
      const refused = isFile(tried) && comparison.c.stderr !== "" && comparison.c.status === "0" && comparison.ours.status === "255";
      return refused ? changed(comparison, "ours", "status", "0") : comparison;
    },
  },
  {
    title: "Remarks in files",
    reconcile: whole((tried, { c }) => isFile(tried) && /(^|[ \t\r\n])#/.test(tried.stdin ?? "") && /^Try |unexpected argument #/m.test(c.stderr)),
  },
  {
    title: "The last line of a file",
    reconcile: whole((tried, { c, ours }) => isFile(tried) && /[ \t\r]{2}$/.test(tried.stdin ?? "") && c.stderr === "" && ours.stderr === ""),
  },
  {
    title: "Words of 4096 bytes in files",
    reconcile: whole((tried) => isFile(tried) && /[^ \t\r\n]{4096}/.test(tried.stdin ?? "")),
  },
  {
    title: "A saved table is whole",
    reconcile: (_tried, comparison) => {
      const text = comparison.ours.stdout
        .replace(/^(-a .*?)( -x \d+)?( -y \d+)?(?= --tun|$)/gm, "$1")
        .replace(/^(-A|-a) .*/gm, (line) => line.replace(/(?<= (-t|-u|--sctp-service|-r) )\S+/g, cut));
      return changed(comparison, "ours", "stdout", text);
    },
  },
  {
    title: "Marks of 2147483648 and more",
    reconcile: (_tried, comparison) => {
      const text = comparison.c.stdout.replace(/(?<=^FWM {2}|^-[Aa] -f )-\d+/gm, (mark) => String(Number(mark) + 2 ** 32));
      return changed(comparison, "c", "stdout", text);
    },
  },
  {
    title: "Scheduler flags without a name",
    reconcile: (_tried, comparison) => {
      if (!/ \(\)| -b $/m.test(comparison.c.stdout)) return comparison;
      const text = comparison.ours.stdout.replace(/ \(flag-3\)/g, " ()").replace(/ -b flag-3$/gm, " -b ");
      return changed(comparison, "ours", "stdout", text);
    },
  },
  {
    title: "No scheduler flag at all",
    reconcile: whole((_tried, { c, ours }) => c.status === "signal 11" && !ours.stderr.includes("internal error")),
  },
  {
    title: "Help and version",
    reconcile: (_tried, comparison) => {
      const { c, ours } = comparison;
      const own = c.stdout.includes("ipvsadm v1.31 ") && ours.stdout.includes("(for ipvsadm v1.31 ");
      return own ? changed(comparison, "ours", "stdout", c.stdout) : comparison;
    },
  },
  {
    title: "Own verbs and options",
    reconcile: whole((tried, { c }) =>
      wordsOf(tried).some((word) => ownVerb.test(word) || ownOption.test(word)) && /: unknown option$|^Try |^unexpected argument/m.test(c.stderr)),
  },
  {
    title: "Servers by FULLNAT",
    reconcile: whole(({ argv, stdin = "" }, { c }) =>
      [argv.join(" "), ...stdin.split("\n")].some((line) => /(^|\s)(-[A-Za-z]*[ae]|--(add|edit)-server)(\s|$)/.test(line) && /(^|\s)-[A-Za-z]*b(\s+-|\s*$)/.test(line)) &&
      /^-\S*b: missing argument$|^unexpected argument|^Try |^You need to supply|sched/m.test(c.stderr)),
  },
  {
    title: "Zones are switched on by a service for every port",
    reconcile: whole((tried, { c }) =>
      /(-[tu]|-service)[= ]?(\[::\]|::|[0.]+)(:[-+]?0+)?( |$)/m.test(`${tried.argv.join(" ")}\n${tried.stdin ?? ""}`) &&
      c.stderr.includes("Zero port specified for non-persistent service\n")),
  },
  {
    title: "Names in brackets",
    reconcile: whole((tried) => wordsOf(tried).some((word) => /\[(?=[^\]]*[a-z])[^\]:]+\]:/i.test(word))),
  },
  {
    title: "Arguments with `!#:+` in them",
    reconcile: whole((tried) => wordsOf(tried).some((word) => word.includes("!#:+"))),
  },
  {
    title: "Dashes that are no hyphens",
    reconcile: whole((tried, { ours }) =>
      wordsOf(tried).some((word) => /^[\u2010-\u2014\u2212]/.test(word)) && / begins with an? .*, an option begins with a hyphen/.test(ours.stderr)),
  },
];

/** Titles of the listed differences that account for how the two differ; undefined when they do not. */
export function listed(tried: Case, comparison: Comparison): readonly string[] | undefined {
  const titles: string[] = [];
  let rest = comparison;
  for (const { title, reconcile } of differences) {
    const next = reconcile(tried, rest);
    if (next !== rest) titles.push(title);
    rest = next;
  }
  return differingParts(rest).length === 0 ? titles : undefined;
}
