// SPDX-License-Identifier: GPL-2.0-only
// The command line's tables, which are TypeScript.
import { buildSync } from "esbuild";
import { createRequire } from "node:module";
import { join } from "node:path";

const entry = `
  export { optionGroups, verbGroups } from "./groups.js";
  export { isLegal, options } from "./options.js";
  export { isSnatVerb, verbs } from "./verbs.js";
  export { knobs } from "../module/knobs.js";
  export { syncWords } from "./sync-words.js";
  export { words } from "../module/words.js";
`;

/** What src/cli says of verbs and options: its own exports. */
export function loadTables(root) {
  const { outputFiles } = buildSync({
    stdin: { contents: entry, resolveDir: join(root, "src/cli"), loader: "ts" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    write: false,
  });
  const bundle = { exports: {} };
  new Function("module", "exports", "require", outputFiles[0].text)(bundle, bundle.exports, createRequire(import.meta.url));
  return bundle.exports;
}

/** The verbs behind which words of a table stand, each with that. */
export const wordVerbs = ({ words, syncWords }) => [["module", words], ["sync", syncWords]];

/** The ways to write a verb: -L, -l, --list, or a word. */
export const verbSpellings = ({ shorts, long, word }) => [...[...shorts].map((letter) => `-${letter}`), word ? long : `--${long}`];

/** The words that are verbs, each once. */
export const verbWords = ({ verbs }) => [...new Set(verbs.flatMap(verbSpellings))];

/** What words call the verb that is written so: behind a letter, other letters may follow. */
export const verbPattern = (text) => (/^-[^-]/.test(text) ? `${text}*` : text);

/** The ways to write a flag: -s, --scheduler. */
export const spellings = ({ short, long }) => (short === undefined ? [`--${long}`] : [`-${short}`, `--${long}`]);

/**
 * The options to offer with a verb. What goes with every verb goes with those
 * that take more than that; a rule's service is a firewall mark.
 */
export function offered({ options, isLegal, isSnatVerb }, verb) {
  const legal = options.filter((option) => isLegal(option, verb.id));
  if (legal.every(({ anywhere }) => anywhere)) return [];
  if (!isSnatVerb(verb.id)) return legal;
  return legal.map((option) =>
    option.name === "service-address" ? { ...option, flags: option.flags.filter(({ short }) => short === "f") } : option,
  );
}

/**
 * What can stand first, with a name for it, the words that are it and the
 * options that may follow: each verb, and by itself a letter that is two
 * verbs', which becomes the one or the other by its options.
 */
export function heads(tables) {
  const verbsOf = (word) => tables.verbs.filter((verb) => verbSpellings(verb).includes(word));
  return tables.verbs.flatMap((verb) => {
    const words = verbSpellings(verb);
    const own = { name: verb.id, verb, words: words.filter((word) => verbsOf(word).length === 1), options: offered(tables, verb) };
    const shared = words.filter((word) => verbsOf(word).length > 1 && verbsOf(word)[0] === verb);
    return [own, ...shared.map((word) => ({ name: word, verb, words: [word], options: union(tables, verbsOf(word)) }))];
  });
}

function union(tables, verbs) {
  const options = verbs.flatMap((verb) => offered(tables, verb));
  return options.filter(({ name }, index) => options.findIndex((option) => option.name === name) === index);
}
