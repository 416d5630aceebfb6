// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../../src/model/address.js";
import { formatPrefix } from "../../src/model/prefix.js";
import type { FakeKernel } from "./fake-kernel.js";

/** Fields that traffic changes; a service's `persistent` is a setting. */
const counters = { service: ["stats"], server: ["stats", "active", "inactive", "persistent"], rule: ["stats", "active", "inactive"] };

/** What a fake kernel holds but for counters, as text of one line an entry; only the order of zones says something. */
export async function tableState(kernel: FakeKernel): Promise<string[]> {
  const client = kernel.client();
  const lines: string[] = [];
  for (const service of await client.services()) {
    lines.push(`service ${text(service, counters.service)}`);
    for (const server of await client.servers(service.key)) {
      lines.push(`server of ${text(service.key)} ${text(server, counters.server)}`);
    }
  }
  for (const { service, rules } of await client.rules()) {
    for (const rule of rules) lines.push(`rule of ${text(service)} ${text(rule, counters.rule)}`);
  }
  for (const { service, addresses } of await client.serviceAddresses.list()) {
    const locals = addresses.map(({ address }) => formatAddress(address)).sort();
    if (locals.length > 0) lines.push(`addresses of ${text(service)} ${locals.join(" ")}`);
  }
  let place = 0;
  for (const { network, addresses } of await client.zones.list()) {
    const locals = addresses.map(({ address }) => formatAddress(address)).sort();
    lines.push(`zone ${place++} ${formatPrefix(network)} ${locals.join(" ")}`);
  }
  for (const daemon of await client.daemons()) lines.push(`daemon ${text(daemon)}`);
  lines.push(`timeouts ${text(await client.timeouts())}`);
  client.close();
  return lines.sort();
}

function text(value: object, without: readonly string[] = []): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (without.includes(key)) return undefined;
    return part instanceof Uint8Array ? Buffer.from(part).toString("hex") : part;
  });
}
