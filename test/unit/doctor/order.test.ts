// SPDX-License-Identifier: GPL-2.0-only
// Rules and zones that take each other's packets.
import { examine } from "../../../src/doctor/index.js";
import { commands, holding, report, said } from "../../helpers/doctor.js";
import { FakeMachine } from "../../helpers/fake-machine.js";

describe("overlap", () => {
  const rules = (...lines: readonly string[]) => ["-A -f 1 -s snat_sched", ...lines.map((line) => `-K -f 1 ${line} -U 1.1.2.100`)];

  test("halves take the whole", async () => {
    expect(said(await report(rules("-F 10.0.0.0/23", "-F 10.0.0.0/24", "-F 10.0.1.0/25")))).toEqual([]);
    expect(said(await report(rules("-F 10.0.0.0/23", "-F 10.0.0.0/24", "-F 10.0.1.0/25", "-F 10.0.1.128/25")))).toEqual([
      "overlap: `-K -f 1 -F 10.0.0.0/23' can never match",
    ]);
  });

  test("destinations count: quarters of the plane", async () => {
    const quarters = ["-F 10.0.0.0/24 -T 8.0.0.0/9", "-F 10.0.0.0/24 -T 8.128.0.0/9", "-F 10.0.1.0/24 -T 8.0.0.0/8"];
    expect(said(await report(rules("-F 10.0.0.0/23 -T 8.0.0.0/8", ...quarters)))).toEqual(["overlap: `-K -f 1 -F 10.0.0.0/23 -T 8.0.0.0/8' can never match"]);
    expect(said(await report(rules("-F 10.0.0.0/23", ...quarters)))).toEqual([]);
    expect(said(await report(rules("-F 10.0.0.0/23 -T 8.0.0.0/8", ...quarters.slice(1))))).toEqual([]);
  });

  test("a rule that asks for a route takes only from those that ask for the same", async () => {
    const halves = (keys: string) => [`-F 10.0.0.0/24 ${keys}`, `-F 10.0.1.0/24 ${keys}`];
    expect(said(await report(rules("-F 10.0.0.0/23", ...halves("--oif eth1"))))).toEqual([]);
    expect(said(await report(rules("-F 10.0.0.0/23 -W 1.1.2.1 --oif eth1", ...halves("--oif eth1"))))).toHaveLength(1);
    expect(said(await report(rules("-F 10.0.0.0/23 -W 1.1.2.1", ...halves("--oif eth1"))))).toHaveLength(1);
    expect(said(await report(rules("-F 10.0.0.0/23 -W 1.1.2.1", ...halves("--oif eth2"))))).toEqual([]);
    expect(said(await report(rules("-F 10.0.0.0/23 --oif eth1", ...halves("-W 1.1.2.1"))))).toEqual([]);
  });

  test("many rules in a default one take no time", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => `-F 10.${i >> 8}.${i & 255}.0/24`);
    const kernel = await holding(rules("-F 0.0.0.0/0", ...many));
    const started = performance.now();
    expect(said(await examine(new FakeMachine(), () => kernel.client()))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe("zones", () => {
  const on = ["-A -t 0.0.0.0:0 -s rr"];

  test("behind a larger one: put before it, with its addresses", async () => {
    const found = await report([...on, "-K --zone 10.0.0.0/8", "-K --zone 10.1.0.0/16", "-P --zone 10.1.0.0/16 -z 1.1.2.100-1.1.2.101", "-K --zone 11.0.0.0/8"]);
    expect(said(found)).toEqual(["zone-order: the zone 10.1.0.0/16 can never match"]);
    expect(commands(found)).toEqual([
      "tsipvsadm -V --zone 10.1.0.0/16", "tsipvsadm -K --zone 10.1.0.0/16 --before 10.0.0.0/8", "tsipvsadm -P --zone 10.1.0.0/16 -z 1.1.2.100-1.1.2.101",
    ]);
  });

  test("behind a rule that takes all of it", async () => {
    const rule = (words: string) => ["-A -f 1 -s snat_sched", `-K -f 1 -F 10.0.0.0/8 ${words} -U 1.1.2.100`];
    expect(said(await report([...on, "-K --zone 10.1.0.0/16", ...rule("")]))).toEqual(["zone-order: the zone 10.1.0.0/16 can never match"]);
    expect(said(await report([...on, "-K --zone 10.1.0.0/16", ...rule("--oif eth1")]))).toEqual([]);
    expect(said(await report([...on, "-K --zone 10.1.0.0/16", ...rule("-T 8.0.0.0/8")]))).toEqual([]);
  });

  test("not switched on, for the family that has any", async () => {
    const found = await report([...on, "-K --zone 10.0.0.0/8", "-K --zone 2001:db8:40::/64", "-A -t [::]:80 -s rr"]);
    expect(said(found)).toEqual(["zones-off: there is a zone for IPv6, but no service that switches zones on"]);
    expect(commands(found)).toEqual(["tsipvsadm -A -t '[::]:0' -s rr", "tsipvsadm -A -u '[::]:0' -s rr"]);
  });
});
