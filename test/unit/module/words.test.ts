// SPDX-License-Identifier: GPL-2.0-only
import { parseWords as parse } from "../../../src/words.js";
import { words } from "../../../src/module/words.js";

const parseWords = (argv: readonly string[]) => parse("module", words, argv);

test("options stand anywhere, with their value apart or behind =", () => {
  const { word, options, plain } = parseWords(["load", "--conn-tab-bits=14", "--from", "/tmp/x"]);
  expect(word.name).toBe("load");
  expect([...options]).toEqual([["conn-tab-bits", "14"], ["from", "/tmp/x"]]);
  expect(plain).toEqual([]);
  expect(parseWords(["set", "a=1", "b=2"]).plain).toEqual(["a=1", "b=2"]);
  expect(parseWords(["show", "flow_max", "--json"]).options.has("json")).toBe(true);
});

test.each<[line: string, message: string]>([
  ["", "module needs one of status, show, set, load, unload, reload, build, install, uninstall, patch"],
  ["stat", "`stat' is no command of module; there are status, show, set, load, unload, reload, build, install, uninstall, patch"],
  ["status --jsn", "module status has no option `--jsn'; it has --json, --kernel"],
  ["unload --json", "module unload has no option `--json'; it has none"],
  ["status --json=yes", "`--json=yes': --json takes no argument"],
  ["status --json --json", "--json is given twice"],
  ["build --kernel", "--kernel needs RELEASE"],
  ["build --kernel=", "--kernel needs RELEASE"],
  ["set", "module set needs KEY=VALUE"],
  ["patch", "module patch needs TREE"],
  ["patch a b", "unexpected argument `b' behind module patch"],
  ["load now", "unexpected argument `now' behind module load"],
])("%j is refused", (line, message) => {
  expect(() => parseWords(line.split(" ").filter((word) => word !== ""))).toThrow(message);
});
