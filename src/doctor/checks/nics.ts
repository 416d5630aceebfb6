// SPDX-License-Identifier: GPL-2.0-only
import type { Facts } from "../facts.js";
import type { Check, Finding } from "../finding.js";
import { mend } from "../finding.js";
import { shellLine, shellWord } from "../host.js";
import type { Nic } from "../readers/nics.js";

/** The processor for the queue of a number. */
type Turn = (queue: number) => number;

/** All packets that come are one processor's work, though there are more. */
export const interruptsCheck: Check = {
  id: "interrupts",
  *examine({ nics, processors }) {
    if (processors.length < 2) return;
    for (const nic of nics) {
      const taking = new Set(nic.interrupts.flatMap((interrupt) => interrupt.processors));
      if (!nic.up || taking.size !== 1 || nic.receive.some(({ spread }) => spread)) continue;
      yield finding(nic, [...taking][0]!, processors);
    }
  },
};

function finding(nic: Nic, busy: number, processors: readonly number[]): Finding {
  const several = nic.interrupts.length > 1;
  const turn = (i: number) => processors[i % processors.length]!;
  const share = `${several ? "or let" : "let"} the processors share the work behind the interrupt (RPS)`;
  return {
    what: `all interrupts of ${nic.name} go to processor ${busy}, of ${processors.length}`,
    why: "whatever the others do, the gateway forwards no more than that one can.",
    mends: [
      ...(several ? [mend("give each queue a processor", ...interrupts(nic, turn), ...xps(nic, turn))] : []),
      mend(share, ...rps(nic, processors), ...xps(nic, turn)),
    ],
    safe: true,
    boot: "the same commands in a unit that runs at boot",
  };
}

/** Queues in turn, as the set_irq_affinity scripts of drivers do. */
function interrupts(nic: Nic, turn: Turn): string[] {
  return nic.interrupts.map(({ number }, i) => `echo ${turn(i)} >/proc/irq/${number}/smp_affinity_list`);
}

/** A sending queue for each processor, so that they do not wait for each other. */
function xps({ send }: Nic, turn: Turn): string[] {
  if (send.length < 2 || send.some(({ spread }) => spread)) return [];
  return send.map(({ path }, i) => `echo ${processorMask([turn(i)])} >${shellWord(path)}`);
}

function rps({ receive }: Nic, processors: readonly number[]): string[] {
  return receive.map(({ path }) => `echo ${processorMask(processors)} >${shellWord(path)}`);
}

/** As the kernel writes masks: groups of 32 processors in hexadecimal, the highest first. */
export function processorMask(processors: readonly number[]): string {
  const mask = processors.reduce((sum, processor) => sum | (1n << BigInt(processor)), 0n);
  const digits = mask.toString(16);
  const padded = digits.padStart(Math.ceil(digits.length / 8) * 8, "0");
  return padded.match(/.{8}/g)!.join(",").replace(/^0+(?=.)/, "");
}

/** Generic receive offload is off on hardware that has it: flows of the module may keep it. */
export const groCheck: Check = {
  id: "gro",
  *examine({ nics }: Facts) {
    for (const { name, up, gro } of nics) {
      if (!up) continue;
      if (gro === undefined) yield { unknown: `whether ${name} gathers what it receives (GRO): ethtool is not there, or does not know` };
      if (gro !== "off") continue;
      yield {
        what: `generic receive offload (GRO) of ${name} is off`,
        why: "packets of one connection that come together are forwarded one by one; older source-NAT systems had to have it so, here it can be on.",
        mends: [mend("switch it on", shellLine("ethtool", "-K", name, "gro", "on"))],
        safe: true,
        boot: "the same in the network's configuration",
      };
    }
  },
};
