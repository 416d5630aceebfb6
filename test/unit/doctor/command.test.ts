// SPDX-License-Identifier: GPL-2.0-only
// The verb: what it prints, runs and ends with.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import { Names } from "../../../src/cli/names.js";
import { parseNow } from "../../../src/cli/parse.js";
import { doctorOn } from "../../../src/commands/doctor.js";
import { CliError, exitStatus } from "../../../src/errors.js";
import { GATEWAY, holding } from "../../helpers/doctor.js";
import { runCli } from "../../helpers/cli.js";
import { FakeMachine } from "../../helpers/fake-machine.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
ajv.addSchema(JSON.parse(readFileSync(join(__dirname, "../../../docs/schema.json"), "utf8")) as object, "listing");

async function doctor(host: FakeMachine, line: string, lines: readonly string[] = GATEWAY): Promise<{ status: number; out: string }> {
  const kernel = await holding(lines);
  const names = new Names();
  let out = "";
  const io = { out: (text: string | Uint8Array) => void (out += String(text)), err: () => undefined, flush: () => undefined, lines: () => [], colour: false };
  const verdict = await doctorOn(host)(parseNow(line.split(" "), names), { client: kernel.client(), connect: () => kernel.client(), io, names }).catch((error: unknown) => error);
  return { status: verdict instanceof CliError ? verdict.status : exitStatus.ok, out };
}

/** Two things that are safe to mend, and one that is not. */
function ailing(): FakeMachine {
  const host = new FakeMachine();
  host.files.set("/proc/sys/net/ipv4/ip_forward", "0");
  host.card(1);
  host.programs.set("iptables-save", "*nat\n-A POSTROUTING -j MASQUERADE\n");
  return host;
}

test("no findings: one line, and 0", async () => {
  expect(await doctor(new FakeMachine(), "doctor")).toEqual({ status: 0, out: "18 checks, no findings\n" });
});

test("findings: what, why, the commands, and 1", async () => {
  const { status, out } = await doctor(ailing(), "doctor");
  expect(status).toBe(1);
  expect(out).toBe(`forwarding: net.ipv4.ip_forward is 0
  this host forwards no IPv4 packet, and source NAT by rules needs it to.
  switch it on (safe):
    sysctl -w net.ipv4.ip_forward=1
  to keep it over a reboot: net.ipv4.ip_forward = 1 in a file of /etc/sysctl.d/

packet-filter: iptables: \`-t nat -A POSTROUTING -j MASQUERADE' translates sources that rules or zones translate
  it concerns 192.168.40.0-192.168.40.255; what they take never reaches it; it serves only connections from before, each with an entry of connection tracking, which ends with its own address.
  delete it, where nothing else needs it:
    iptables -t nat -D POSTROUTING -j MASQUERADE
  to keep it over a reboot: the same where the rule comes from

interrupts: all interrupts of eth1 go to processor 0, of 2
  whatever the others do, the gateway forwards no more than that one can.
  let the processors share the work behind the interrupt (RPS) (safe):
    echo 3 >/sys/class/net/eth1/queues/rx-0/rps_cpus
  to keep it over a reboot: the same commands in a unit that runs at boot

18 checks, 3 findings; \`tsipvsadm doctor --fix' mends 2
`);
});

test("looking runs nothing", async () => {
  const host = ailing();
  await doctor(host, "doctor");
  await doctor(host, "doctor --json");
  expect(host.lines).toEqual([]);
});

test("--fix runs what is safe, says so, and ends with what is left", async () => {
  const host = ailing();
  const { status, out } = await doctor(host, "doctor --fix");
  expect(host.lines).toEqual(["sysctl -w net.ipv4.ip_forward=1", "echo 3 >/sys/class/net/eth1/queues/rx-0/rps_cpus"]);
  expect(out).toMatch(/^ran: sysctl -w net\.ipv4\.ip_forward=1\nran: echo 3 >\S+\n\npacket-filter: .*/);
  expect(out).toMatch(/\n18 checks, 1 finding\n$/);
  expect(status).toBe(1);
  host.programs.set("iptables-save", "");
  expect(await doctor(host, "doctor --fix")).toEqual({ status: 0, out: "18 checks, no findings\n" });
});

test("a command that fails is shown, ends its finding's, and the finding stays", async () => {
  const host = ailing();
  host.card(2);
  host.refuse = (line) => (line.includes("/proc/irq/31/") ? "sh: write error: Input/output error" : undefined);
  const { status, out } = await doctor(host, "doctor --fix");
  expect(status).toBe(1);
  expect(out).toContain("failed: echo 0 >/proc/irq/31/smp_affinity_list: sh: write error: Input/output error\n");
  expect(host.lines.filter((line) => line.startsWith("echo"))).toHaveLength(1);
  expect(out).toContain("interrupts: all interrupts of eth1");
});

test("--json is as the schema says, with what was run", async () => {
  const faults = (text: string) => (ajv.validate("listing#/$defs/doctor", JSON.parse(text)) && ajv.validate("listing", JSON.parse(text)) ? [] : ajv.errors);
  const found = await doctor(ailing(), "doctor --json");
  expect([found.status, faults(found.out)]).toEqual([1, []]);
  expect(JSON.parse(found.out)).toMatchObject({ doctor: { findings: [{ check: "forwarding", safe: true }, {}, {}], unknown: [] } });
  expect(JSON.parse(found.out)).not.toHaveProperty("doctor.ran");
  const host = ailing();
  host.refuse = (line) => (line.startsWith("echo") ? "no" : undefined);
  const fixed = await doctor(host, "doctor --fix --json", [...GATEWAY, "--start-daemon backup --mcast-interface eth1 --syncid 3"]);
  expect(faults(fixed.out)).toEqual([]);
  expect(JSON.parse(fixed.out)).toMatchObject({
    doctor: { ran: [{ command: "sysctl -w net.ipv4.ip_forward=1" }, { error: "no" }], unknown: [{ check: "peers" }, { check: "peers" }] },
  });
  expect(faults(found.out.replace('"safe": true', '"safe": "true"'))).not.toEqual([]);
});

test("words that it does not take", async () => {
  const kernel = new FakeKernel();
  expect(await runCli(kernel, "doctor --dry-run")).toMatchObject({ status: 2, err: "Illegal 'dry-run' option with the 'doctor' command\n" });
  expect(await runCli(kernel, "doctor now")).toMatchObject({ status: 2, err: "unexpected argument now\n" });
  expect(await runCli(kernel, "-L --fix")).toMatchObject({ status: 2, err: "Illegal 'fix' option with the 'list' command\n" });
  expect(await runCli(kernel, "-R", "doctor")).toMatchObject({ status: 255 });
});
