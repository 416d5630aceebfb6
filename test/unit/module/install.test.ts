// SPDX-License-Identifier: GPL-2.0-only
import { compilers } from "../../../src/module/compiler.js";
import { headersToFollow, sourcePackage } from "../../../src/module/install.js";
import { FakeHost } from "../../helpers/fake-host.js";

const query = "dpkg-query -W -f ${Package} ${db:Status-Status}\\n linux-image-* linux-headers-*";

test.each<[what: string, installed: readonly string[], missing: readonly string[]]>([
  ["a kernel that follows the distribution", ["linux-image-amd64", "linux-image-6.1.0-56-amd64", "linux-headers-6.1.0-56-amd64"], ["linux-headers-amd64"]],
  ["the same with its headers", ["linux-image-amd64", "linux-headers-amd64"], []],
  ["a newer line and another flavour", ["linux-image-6.12-amd64", "linux-image-cloud-amd64"], ["linux-headers-6.12-amd64", "linux-headers-cloud-amd64"]],
  ["kernels of one release each", ["linux-image-6.1.0-56-amd64", "linux-image-6.12.117+deb12-amd64"], []],
  ["debugging symbols", ["linux-image-amd64-dbg"], []],
  ["no package at all", [], []],
])("headers come along with later kernels: %s", (_what, installed, missing) => {
  const host = new FakeHost();
  const out = installed.map((name) => `${name} installed\n`).join("");
  host.programs.set(query, { out: `${out}linux-image-rt-amd64 config-files\n` });
  expect(headersToFollow(host)).toEqual(missing);
});

test("nor where there is no dpkg", () => {
  expect(headersToFollow(new FakeHost())).toEqual([]);
});

test.each<[what: string, programs: Readonly<Record<string, string>>, wanted: string]>([
  ["offered", { "dpkg-query -W -f ${Version} linux-image-6.1.0-55-amd64": "6.1.192-1", "apt-cache show linux-source-6.1=6.1.192-1": "" }, "linux-source-6.1=6.1.192-1"],
  ["no longer offered", { "dpkg-query -W -f ${Version} linux-image-6.1.0-55-amd64": "6.1.192-1" }, "linux-source-6.1"],
  ["of no package", {}, "linux-source-6.1"],
])("the kernel's own source is taken: %s", (_what, programs, wanted) => {
  const host = new FakeHost();
  for (const [line, out] of Object.entries(programs)) host.programs.set(line, { out });
  expect(sourcePackage(host, "6.1.0-55-amd64")).toBe(wanted);
});

test.each<[config: string | undefined, names: readonly string[]]>([
  ["gcc-12 (Debian 12.2.0-14) 12.2.0", ["gcc-12", "gcc"]],
  ["x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0", ["x86_64-linux-gnu-gcc-14", "gcc-14", "gcc"]],
  ["gcc (Debian 12.2.0-14) 12.2.0", ["gcc"]],
  ["clang version 19", ["gcc"]],
  [undefined, ["gcc"]],
])("compilers for a kernel that %s built", (config, names) => {
  const text = config === undefined ? {} : { "/lib/modules/6.1.0-56-amd64/build/.config": `CONFIG_X=y\nCONFIG_CC_VERSION_TEXT="${config}"\n` };
  expect(compilers(new FakeHost(text), "6.1.0-56-amd64")).toEqual(names);
});
