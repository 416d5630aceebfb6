// SPDX-License-Identifier: GPL-2.0-only
// The order of changes; that they lead from any table to any other is in commands/apply.test.ts.
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

async function changes(present: readonly string[], wanted: readonly string[]): Promise<string[]> {
  const kernel = new FakeKernel();
  expect((await runCli(kernel, "-R", present.join("\n"))).err).toBe("");
  return (await runCli(kernel, "apply --dry-run -", wanted.join("\n"))).out.split("\n").slice(0, -1);
}

test("there is always a server: others are added before the old ones go", async () => {
  const service = "-A -t 10.0.0.1:80 -s rr";
  const server = (n: number) => `-a -t 10.0.0.1:80 -r 10.1.0.${n}:80 -m -w 1`;
  expect(await changes([service, server(1), server(2)], [service, server(3), server(2)])).toEqual([
    server(3),
    "-d -t 10.0.0.1:80 -r 10.1.0.1:80",
  ]);
});

test("services come in the file's order, and go last", async () => {
  const services = ["-A -t 10.0.0.2:80 -s rr", "-A -t 10.0.0.1:80 -s rr"];
  expect(await changes(["-A -u 10.0.0.9:53 -s rr"], services)).toEqual([...services, "-D -u 10.0.0.9:53"]);
});

test("without an SNAT service packets leave as they are: one takes over from the other at once", async () => {
  const present = ["-A -f 1 -s snat_sched", "-K -f 1 -F 10.0.0.0/8 -U 1.1.2.1 -O sdh", "-A -f 1 -6 -s snat_sched"];
  const wanted = ["-A -t 10.0.0.1:80 -s rr", "-A -f 1 -6 -s snat_sched", "-A -f 2 -s snat_sched", "-K -f 2 -F 10.0.0.0/8 -U 1.1.2.1 -O sdh"];
  expect(await changes(present, wanted)).toEqual(["-D -f 1", wanted[2], wanted[3], wanted[0]]);
});

test("scheduler and forwarding method are edited in place", async () => {
  const present = ["-A -t 10.0.0.1:80 -s rr", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m", "-A -f 1 -s snat_sched", "-K -f 1 -F 10.0.0.0/8 -U 1.1.2.1"];
  const wanted = ["-A -t 10.0.0.1:80 -s sh", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -i", "-A -f 1 -s wlc", "-a -f 1 -r 10.1.0.1:0 -g"];
  expect(await changes(present, wanted)).toEqual([
    "-E -t 10.0.0.1:80 -s sh",
    "-e -t 10.0.0.1:80 -r 10.1.0.1:80 -i -w 1 --tun-type ipip",
    "-E -f 1 -s wlc",
    "-a -f 1 -r 10.1.0.1:0 -g -w 1",
  ]);
});

test("SYNPROXY comes on behind the servers it needs, and goes off before there are others", async () => {
  const without = ["-A -t 10.0.0.1:80 -s rr", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 1", "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -g -w 1"];
  const proxied = ["-A -t 10.0.0.1:80 -s rr -j enable", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1"];
  expect(await changes(without, proxied)).toEqual([
    "-e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1",
    "-d -t 10.0.0.1:80 -r 10.1.0.2:80",
    "-E -t 10.0.0.1:80 -s rr -j enable",
  ]);
  expect(await changes(proxied, without)).toEqual([
    "-E -t 10.0.0.1:80 -s rr",
    "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -g -w 1",
    "-e -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 1",
  ]);
  expect(await changes([], proxied)).toEqual(proxied);
});

test("what means the same is the same", async () => {
  const present = [
    "-A -t 10.0.0.1:80 -p", "-a -t 10.0.0.1:80 -r 10.1.0.1 -i --tun-type gre", "-A -f 3 -p 50 -M 255.255.255.255", "-A -f 3 -6 -p 50",
    "-A -f 1 -s snat_sched", "-K -f 1 -F 10.0.0.1 -U 1.1.2.1-1.1.2.1",
  ];
  const wanted = [
    "-A -t 10.0.0.1:http -s wlc -p 360 -M 255.255.255.255", "-a -t 10.0.0.1:80 -r 10.1.0.1:8080 -i --tun-type gre --tun-nocsum -w 1 -x 0",
    "-A -f 3 -p 50", "-A -f 3 -6 -p 50 -M 128", "-A -f 1 -s snat_sched", "-K -f 1 -F 10.0.0.1/255.255.255.255 -T 0.0.0.0/0 -W 0.0.0.0 -N 0.0.0.0 -U 1.1.2.1 -O sdh -b",
  ];
  expect(await changes(present, wanted)).toEqual([]);
});
