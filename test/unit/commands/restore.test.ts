// SPDX-License-Identifier: GPL-2.0-only
import { splitLine } from "../../../src/commands/lines.js";
import type { Io } from "../../../src/io.js";
import { run } from "../../../src/main.js";
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import { Random } from "../../helpers/random.js";

/** Lines that make a table, each as -S would print it. */
function randomTable(random: Random): string[] {
  const lines: string[] = [];
  const mark = 1 + random.below(0xffffffff);
  for (const [six, address, length] of [["", v4, 32], [" -6", v6, 128]] as const) {
    lines.push(`-A -f ${mark}${six} -s snat_sched`);
    for (let i = random.below(8); i > 0; i--) {
      const pool = address(random);
      lines.push(
        `-K -f ${mark}${six} -F ${address(random)}/${length}` +
          (random.below(2) ? ` -T ${address(random)}/${length}` : "") +
          (random.below(2) ? ` -W ${address(random)}` : "") +
          ` -U ${random.below(2) ? pool : `${pool}-${pool}0`}` +
          ` -O ${random.pick(["sdh", "sh", "random"])}` +
          (random.below(2) ? ` -N ${address(random)}` : "") +
          (random.below(2) ? ` --oif ${random.pick(["eth0", "eth1", "eth2"])}` : ""),
      );
    }
  }
  for (let i = random.below(4); i > 0; i--) lines.push(...randomService(random, i));
  return lines;
}

const v4 = (random: Random) => `10.${random.below(2)}.1.${1 + random.below(9)}`;
const v6 = (random: Random) => `2001:db8:${1 + random.below(9)}::${1 + random.below(9)}`;

function randomService(random: Random, number: number): string[] {
  const key = random.pick([`-t 10.9.0.${number}:80`, `-u [2001:db8::${number}]:53`, `--sctp-service 10.8.0.${number}:9`]);
  const persistence = random.below(2) ? ` -p ${1 + random.below(1000)}` : "";
  const mask = persistence && key.includes("10.") && random.below(2) ? " -M 255.255.0.0" : "";
  const flags = random.pick([" -s rr", " -s sh", " -s wlc"]);
  const server = key.includes("[") ? "[2001:db8:1::1]:53" : `10.7.0.1:${1 + random.below(65535)}`;
  const thresholds = random.below(2) ? ` -x ${2 + random.below(99)} -y 1` : "";
  return [
    `-A ${key}${flags}${persistence}${mask}${flags === " -s sh" ? " -b sh-port" : ""}`,
    `-a ${key} -r ${server} -m -w ${random.below(200)}${thresholds}`,
  ];
}

test("what -S prints, -R takes: the same table comes back", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const first = new FakeKernel();
    const made = await runCli(first, "-R", randomTable(new Random(seed)).join("\n"));
    // Two equal rules may come up by chance; that one is refused changes nothing for the rest.
    expect(made.err.split("\n").filter((line) => line && !line.includes("already exists"))).toEqual([]);
    const saved = (await runCli(first, "-Sn")).out;
    const second = new FakeKernel();
    expect(await runCli(second, "-R", saved)).toEqual({ status: 0, out: "", err: "" });
    expect([seed, (await runCli(second, "-Sn")).out]).toEqual([seed, saved]);
    expect(saved.split("\n").length - 1).toBeGreaterThan(1);
  }
});

test("what was set is what is saved, nothing lost and nothing made up", async () => {
  const lines = [
    "-A -t 10.0.0.1:80 -s rr",
    "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 0 -x 10 -y 5",
    "-A -f 1 -s snat_sched",
    "-K -f 1 -F 10.1.0.0/16 -T 8.0.0.0/8 -W 1.1.2.1 -U 1.1.2.100-1.1.2.110 -O random -N 1.1.3.1 --oif eth1",
    "-K -f 1 -F 0.0.0.0/0 -U 1.1.2.100 -O sdh",
  ];
  const kernel = new FakeKernel();
  await runCli(kernel, "-R", lines.join("\n"));
  expect((await runCli(kernel, "-Sn")).out).toBe(`${lines.join("\n")}\n`);
});

test("what a file lists behind a refused line is shown, though the file fails", async () => {
  let pending = "";
  let shown = "";
  const io: Io = {
    out: (text) => void (pending += String(text)),
    err: () => undefined,
    flush: () => {
      shown += pending;
      pending = "";
    },
    lines: () => ["-D -f 1", "-A -f 2 -s rr", "-Sn"],
    colour: false,
  };
  expect(await run(["-R"], io, () => new FakeKernel().client())).toBe(255);
  expect(shown).toBe("-A -f 2 -s rr\n");
});

test("thousands of lines go, and each refusal names its line", async () => {
  const kernel = new FakeKernel();
  const lines = ["-A -f 1 -s snat_sched"];
  for (let i = 0; i < 2200; i++) lines.push(`-K -f 1 -F 10.${i >> 8}.${i & 255}.0/24 -U 1.1.2.1`);
  lines[2101] = lines[17]!;
  const { status, err } = await runCli(kernel, "-R", lines.join("\n"));
  expect(status).toBe(255);
  expect(err).toMatch(/^line 2102: `-K -f 1 -F 10\.0\.16\.0\/24 -U 1\.1\.2\.1': SNAT rule already exists: .*\n$/);
  expect((await runCli(kernel, "-Sn")).out.split("\n")).toHaveLength(2201);
}, 60_000);

test.each([
  ["", []],
  ["  # only a remark", []],
  ["-A -f 1 # one behind", ["-A", "-f", "1"]],
  ["-A -f 1#2", ["-A", "-f", "1#2"]],
  ["\tipvsadm  -C\r", ["-C"]],
  ["ipvsadm ipvsadm -A ipvsadm -f 1", ["-A", "-f", "1"]],
  ["tsipvsadm -C", ["-C"]],
  ["/sbin/ipvsadm -C", ["/sbin/ipvsadm", "-C"]],
  ["-A\u00a0-f\t1", ["-A\u00a0-f", "1"]],
])("%p is split into %p", (line, words) => expect(splitLine(line)).toEqual(words));
