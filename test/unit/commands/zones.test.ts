// SPDX-License-Identifier: GPL-2.0-only
// Zones where the loaded module is another one, and what their requests hold.
import * as abi from "../../../src/ipvs/abi/fnat.js";
import { decode } from "../../../src/netlink/index.js";
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import { Refusal } from "../../helpers/fake-transport.js";

const SERVICE = "-A -t 0.0.0.0:0 -s rr";

test.each(["-K --zone 10.0.0.0/8", "-V --zone 10.0.0.0/8", "-P --zone 10.0.0.0/8 -z 1.1.1.1", "-Q --zone 10.0.0.0/8 -z 1.1.1.1", "-G"])(
  "the stock module: %s says that it is",
  async (line) => {
    const { status, out, err } = await runCli(new FakeKernel({ snat: false }), line);
    expect([status, out]).toEqual([line === "-G" ? 1 : 255, ""]);
    expect(err).toMatch(/^The loaded ip_vs is the stock module.*\n$/);
  },
);

test("the stock module: the table is saved without zones, and nothing is said", async () => {
  const kernel = new FakeKernel({ snat: false });
  await runCli(kernel, "-A -t 10.0.0.1:80 -s rr");
  expect(await runCli(kernel, "-Sn")).toEqual({ status: 0, out: "-A -t 10.0.0.1:80 -s rr\n", err: "" });
});

test("a module older than zones: they are not there to be saved, and their verbs say so", async () => {
  const kernel = new FakeKernel();
  kernel.fnat.zones.list = () => {
    throw new Refusal("EOPNOTSUPP");
  };
  kernel.fnat.zones.change = () => {
    throw new Refusal("EOPNOTSUPP");
  };
  expect(await runCli(kernel, "-Sn")).toEqual({ status: 0, out: "", err: "" });
  for (const line of ["-G", "-K --zone 10.0.0.0/8"]) {
    expect((await runCli(kernel, line)).err).toMatch(/^The loaded ip_vs module has no zones: it is older than this tsipvsadm/);
  }
});

test("a request names the zone by family, network and length, and the addresses by their ends", async () => {
  const kernel = new FakeKernel();
  const lines = [SERVICE, "-K --zone ::/0", "-K --zone 2001:db8::/32 --before ::/0", "-P --zone ::/0 -z 2001:db8::1-2001:db8::3"];
  expect(await runCli(kernel, "-R", lines.join("\n"))).toEqual({ status: 0, out: "", err: "" });
  const [all, before, laddr] = kernel.changes.slice(1).map(({ attributes }) => decode(abi.mainAttributes, attributes));
  expect(all).toEqual({ zone: { af: 10, network: new Uint8Array(16), length: 0 } });
  expect(before?.before).toEqual(all?.zone);
  expect(before?.zone?.length).toBe(32);
  expect(laddr?.laddr?.first?.at(-1)).toBe(1);
  expect(laddr?.laddr?.last?.at(-1)).toBe(3);
});

test("--atomic puts zones back in their order, with their addresses", async () => {
  const kernel = new FakeKernel();
  const lines = [SERVICE, "-K --zone 10.1.0.0/16", "-P --zone 10.1.0.0/16 -z 1.1.1.1-1.1.1.9", "-K --zone 10.2.0.0/16", "-K --zone 0.0.0.0/0"];
  await runCli(kernel, "-R", lines.join("\n"));
  const { out: saved } = await runCli(kernel, "-Sn");
  kernel.refuse = ({ command, family }) => (command === abi.commands.laddrDel && family !== 0x1b ? "ENOMEM" : undefined);
  const change = ["-V --zone 10.1.0.0/16", "-K --zone 10.3.0.0/16 --before 10.2.0.0/16", "-P --zone 10.3.0.0/16 -z 1.1.1.1", "-Q --zone 10.3.0.0/16 -z 1.1.1.1"];
  const { status, err } = await runCli(kernel, "-R --atomic", change.join("\n"));
  expect(status).toBe(255);
  expect(err).toMatch(/^line 4: .*Memory allocation problem\nall that was done is undone.*\n$/);
  kernel.refuse = () => undefined;
  expect((await runCli(kernel, "-Sn")).out).toBe(saved);
});
