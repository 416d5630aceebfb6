// SPDX-License-Identifier: GPL-2.0-only
import { run } from "../../../src/main.js";
import { BrokenPipe } from "../../../src/io.js";
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const RULE = "-K -f 1 -F 10.0.0.0/8 -U 1.1.2.100";

test("without ip_vs it says so, and what to do", async () => {
  const kernel = new FakeKernel({ ipvs: false });
  for (const line of ["-Ln", RULE, "-A -f 1", "-Lnc", "-R"]) {
    const { status, out, err } = await runCli(kernel, line, "-C\n");
    expect([line, status, out]).toEqual([line, 2, ""]);
    expect(err).toMatch(/^Can't initialize ipvs: .*\nAre you sure that IP Virtual Server .*npm run build:module/);
  }
  expect(kernel.loads).toBeGreaterThan(0);
});

test("without ip_vs nothing else is said of a line of ipvsadm's, and what is wrong of an own one", async () => {
  const kernel = new FakeKernel({ ipvs: false });
  for (const line of ["-A", "-Ln --nonsense", "-A -t 10.0.0.1:0", "word", "-C -C", "-L -h"]) {
    const { status, out, err } = await runCli(kernel, line);
    expect([line, status, out]).toEqual([line, 2, ""]);
    expect(err).toMatch(/^Can't initialize ipvs: .*\nAre you sure that IP Virtual Server /);
  }
  expect((await runCli(kernel, "-K -f 1")).err).toMatch(/^-K adds a rule or a zone/);
  expect((await runCli(kernel, "-P -t 10.0.0.1:80")).err).not.toMatch(/Can't initialize/);
  expect((await runCli(kernel, "apply")).err).toMatch(/^You need to supply the file/);
});

test("with the stock module, rules are refused and the rest works", async () => {
  const kernel = new FakeKernel({ snat: false });
  for (const line of [RULE, "-k -f 1 -F 10.0.0.0/8 -U 1.1.2.100", "-H -f 1 -F 10.0.0.0/8", "-L --ext-stats"]) {
    const { status, err } = await runCli(kernel, line);
    expect(status).not.toBe(0);
    expect(err).toMatch(/^The loaded ip_vs is the stock module, which has no source NAT: .*npm run build:module.*\n$/);
  }
  expect((await runCli(kernel, "-A -t 10.0.0.1:80 -s rr")).status).toBe(0);
  expect((await runCli(kernel, "-Sn")).out).toBe("-A -t 10.0.0.1:80 -s rr\n");
});

test("without CAP_NET_ADMIN it is refused", async () => {
  const kernel = new FakeKernel({ admin: false });
  const refused = {
    status: 2,
    out: "",
    err:
      "Can't initialize ipvs: Permission denied (you must be root)\n" +
      "Are you sure that IP Virtual Server is built in the kernel or as module?\n",
  };
  expect(await runCli(kernel, RULE)).toEqual(refused);
  expect(await runCli(kernel, "-Ln")).toEqual(refused);
  expect(await runCli(kernel, "-A")).toEqual(refused);
});

test("help and version need no kernel", async () => {
  const connect = () => {
    throw new Error("the kernel was asked");
  };
  let out = "";
  const io = { out: (text: string) => void (out += text), err: () => undefined, flush: () => undefined, lines: () => [], colour: false };
  expect(await run(["--version"], io, connect)).toBe(0);
  expect(out).toMatch(/^tsipvsadm v\d+\.\d+\.\d+ .*\n$/);
  expect(await run(["-h"], io, connect)).toBe(0);
  expect(out).toContain("--add-snat");
});

test("a reader that has gone ends it quietly", async () => {
  let err = "";
  const io = {
    out: () => {
      throw new BrokenPipe();
    },
    err: (text: string) => void (err += text),
    flush: () => undefined,
    lines: () => [],
    colour: false,
  };
  expect(await run(["-Ln"], io, () => new FakeKernel().client())).toBe(141);
  expect(err).toBe("");
});

test("titles are bold on a terminal, and only there", async () => {
  const kernel = new FakeKernel();
  const chalk = (await import("chalk")).default;
  chalk.level = 1;
  const shown = async (colour: boolean) => {
    let out = "";
    const io = { out: (text: string | Uint8Array) => void (out += Buffer.from(text).toString()), err: () => undefined, flush: () => undefined, lines: () => [], colour };
    await run(["-Ln"], io, () => kernel.client());
    return out.split("\n")[1];
  };
  expect(await shown(false)).toBe("Prot LocalAddress:Port Scheduler Flags");
  expect(await shown(true)).toBe("\u001b[1mProt LocalAddress:Port Scheduler Flags\u001b[22m");
});

test("JSON holds the table", async () => {
  const kernel = new FakeKernel();
  await runCli(kernel, "-R", `-A -f 1 -s snat_sched\n${RULE} --oif eth1\n-A -t 10.0.0.1:80 -p 50 -M 255.255.0.0\n-a -t 10.0.0.1:80 -r 10.1.0.1 -m\n`);
  kernel.fnat.setStats(() => true, { conns: 7n, inBytes: 2n ** 60n, active: 3n });
  const table: unknown = JSON.parse((await runCli(kernel, "-L --json")).out);
  expect(table).toMatchObject({ services: [
    {
      protocol: "tcp", address: "10.0.0.1", port: 80, scheduler: "wlc", persistentTimeout: 50, netmask: "255.255.0.0",
      servers: [{ address: "10.1.0.1", port: 80, method: "masq", weight: 1 }],
    },
    {
      fwmark: 1, family: "ipv4", scheduler: "snat_sched", servers: [],
      rules: [{ from: "10.0.0.0/8", oif: "eth1", pool: "1.1.2.100", algo: "sdh", active: 3, stats: { conns: 7, inBytes: 2 ** 60 } }],
    },
  ] });
});

test("counters of rules stand under their service's", async () => {
  const kernel = new FakeKernel();
  await runCli(kernel, "-R", `-A -f 1 -s snat_sched\n${RULE} -W 1.1.2.1\n`);
  kernel.fnat.setStats(() => true, { conns: 5n, inPkts: 123456789n, outPkts: 2n, inBytes: 3n, outBytes: 4n, cps: 6n, inBps: 200000000n });
  const row = async (line: string) => (await runCli(kernel, line)).out.split("\n").at(-2);
  expect(await row("-Ln --stats")).toBe("  -> 10.0.0.0/8                          5  123456K        2        3        4 gw 1.1.2.1");
  expect(await row("-Ln --stats --exact")).toBe("  -> 10.0.0.0/8                          5 123456789        2        3        4 gw 1.1.2.1");
  expect(await row("-Ln --rate")).toBe("  -> 10.0.0.0/8                          6        0        0  200000K        0 gw 1.1.2.1");
});
