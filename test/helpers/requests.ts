// SPDX-License-Identifier: GPL-2.0-only
import type { Exchange, Outcome } from "../../src/netlink/exchange.js";
import { Requests } from "../../src/netlink/requests.js";

interface Plain {
  readonly family: number;
  readonly command: number;
  readonly version: number;
}

/** Sends requests without attributes as one batch. */
export function sendBatch(exchange: Exchange, plain: readonly Plain[]): Promise<readonly Outcome[]> {
  const requests = new Requests();
  for (const { command, version } of plain) requests.add(command, version, () => undefined);
  return exchange.batch(requests, 0, plain.map(({ family }) => family));
}
