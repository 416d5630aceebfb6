// SPDX-License-Identifier: GPL-2.0-only
// The table against the module's sources and its documentation; a guest compares it with the kernel.
import { readdirSync, readFileSync } from "node:fs";
import { knobOf, knobs, legalText, parseValue } from "../../../src/module/knobs.js";
import { shownKnobs } from "../../../src/module/show.js";
import { FakeHost } from "../../helpers/fake-host.js";

const own = knobs.filter(({ by }) => by === "tsipvsadm");
const keys = (kind: string) => own.filter((knob) => knob.kind === kind).map(({ key }) => key).sort();
const read = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".c")).map((name) => readFileSync(`${folder}/${name}`, "utf8")).join("\n");
const sources = read("kernel");
const found = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, name]) => name!).sort();

test("every sysctl and parameter of the module is there, and no other", () => {
  expect(keys("sysctl")).toEqual(found(/(?:\bSETTING\(|\.procname\s*=\s*)"(\w+)"/g, sources));
  const toa = found(/^module_param(?:_named)?\((\w+),/gm, read("kernel/toa")).map((name) => `toa.${name}`);
  expect(keys("parameter")).toEqual([...found(/^module_param\((\w+),/gm, sources), ...toa].sort());
});

test("those of toa are shown where it is, or by name", () => {
  const shown = (host: FakeHost, ...named: string[]) => shownKnobs(host, named).map(({ key }) => key).filter((key) => key.startsWith("toa."));
  const all = ["toa.from", "toa.opt", "toa.opt6", "toa.max"];
  expect(shown(new FakeHost())).toEqual([]);
  expect(shown(new FakeHost(), "toa.opt6")).toEqual(["toa.opt6"]);
  expect(shown(new FakeHost({ "/etc/modprobe.d/tsipvsadm.conf": "options toa max=5\n" }))).toEqual(all);
  const host = new FakeHost({ "/sys/module/toa/parameters/from": "10.0.2.0/24\n", "/sys/module/toa/parameters/max": "7\n" });
  expect(shown(host)).toEqual(all);
  expect(shownKnobs(host, []).find(({ key }) => key === "toa.from")?.present).toBe("10.0.2.0/24");
  const installed = new FakeHost();
  installed.programs.set(`modinfo -k ${installed.release} -- toa`, { out: "filename:       /lib/modules/x/updates/toa.ko\n" });
  expect(shown(installed)).toEqual(all);
});

test.each<[value: string, legal: boolean]>([
  ["10.0.2.0/24,2001:db8:2::/64,10.0.3.1", true],
  ["10.0.2.0/33", false],
  ["10.0.2.0/255.255.255.0", false],
  ["[2001:db8::1]", false],
  ["10.0.2.1,", false],
  ["any", true],
  ["any,10.0.2.1", false],
  ["none", false],
  [Array.from({ length: 64 }, (_, i) => `10.0.0.${i}`).join(), true],
  [Array.from({ length: 65 }, (_, i) => `10.0.0.${i}`).join(), false],
])("toa.from=%s", (value, legal) => {
  const knob = knobOf("toa.from")!;
  expect(parseValue(knob, value)).toBe(legal ? value : undefined);
  expect(legalText(knob)).toBe("a list such as 10.0.2.0/24,2001:db8:2::/64, of at most 64, or \"any\"");
});

test.each<[value: string, legal: boolean]>([
  ["39", false], ["40", true], ["172", false], ["173", true], ["174", false], ["255", true], ["256", false],
])("fullnat_toa_opt=%s", (value, legal) => {
  const knob = knobOf("fullnat_toa_opt")!;
  expect(parseValue(knob, value)).toBe(legal ? value : undefined);
  expect(legalText(knob)).toBe("a number from 40 to 255 but 172 and 174");
});

test("each is documented, with the same default, and no other", () => {
  const text = readFileSync("docs/sysctl.md", "utf8");
  expect(found(/^([\w.]+) - /gm, text)).toEqual(own.map(({ key }) => key).sort());
  for (const { key, default: normal } of own) {
    const documented = new RegExp(`^${key} - .*\\n: default (\\d+|from memory|none)`, "m").exec(text)?.[1];
    expect([key, documented]).toEqual([key, normal]);
  }
});
