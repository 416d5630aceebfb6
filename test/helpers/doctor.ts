// SPDX-License-Identifier: GPL-2.0-only
import { examine, type Report } from "../../src/doctor/index.js";
import { runCli } from "./cli.js";
import { FakeMachine } from "./fake-machine.js";
import { FakeKernel } from "./fake-kernel.js";

/** What a healthy gateway on FakeMachine's network may have. */
export const GATEWAY = [
  "-A -f 1 -s snat_sched",
  "-K -f 1 -F 192.168.40.0/24 -W 1.1.2.1 --oif eth1 -U 1.1.2.100-1.1.2.101",
];

/** A kernel that holds what the lines say. */
export async function holding(lines: readonly string[]): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  expect(await runCli(kernel, "-R", lines.join("\n"))).toEqual({ status: 0, out: "", err: "" });
  return kernel;
}

/** The doctor's report on a gateway with this table, on a machine that `change` was done to. */
export async function report(lines: readonly string[], change: (host: FakeMachine, kernel: FakeKernel) => void = () => undefined): Promise<Report> {
  const host = new FakeMachine();
  const kernel = await holding(lines);
  change(host, kernel);
  return examine(host, () => kernel.client());
}

/** "check: what" of each finding. */
export const said = ({ findings }: Report): string[] => findings.map(({ check, what }) => `${check}: ${what}`);

/** Commands of a mend of the first finding. */
export const commands = ({ findings: [finding] }: Report, number = 0): readonly string[] => finding!.mends[number]!.commands;
