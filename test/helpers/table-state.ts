// SPDX-License-Identifier: GPL-2.0-only
import type { FakeKernel } from "./fake-kernel.js";

/** What a fake kernel holds but for counters, as text of one line an entry; order says nothing. */
export async function tableState(kernel: FakeKernel): Promise<string[]> {
  const client = kernel.client();
  const lines: string[] = [];
  const line = (what: string, owner: unknown, { stats, active, inactive, persistent, ...rest }: Record<string, unknown>) =>
    lines.push(`${what} ${text(owner)} ${text(what === "service" ? { ...rest, persistent } : rest)}`);
  for (const service of await client.services()) {
    line("service", "", { ...service });
    for (const server of await client.servers(service.key)) line("server", service.key, { ...server });
  }
  for (const { service, rules } of await client.rules()) for (const rule of rules) line("rule", service, { ...rule });
  for (const daemon of await client.daemons()) line("daemon", "", { ...daemon });
  line("timeouts", "", { ...(await client.timeouts()) });
  client.close();
  return lines.sort();
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (part instanceof Uint8Array ? Buffer.from(part).toString("hex") : part));
}
