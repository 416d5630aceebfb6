// SPDX-License-Identifier: GPL-2.0-only
import type { Service } from "../model/service.js";
import { feature } from "./abi/fnat.js";
import type { IpvsClient } from "./client.js";
import { noSynproxy } from "./error.js";
import type { Operation } from "./strerror.js";

/**
 * A service's change, and whether the module knows what SYNPROXY is: any IPVS
 * keeps a flag that it does not know. Rejects with EOPNOTSUPP.
 */
export async function withSynproxy(client: IpvsClient, operation: Operation, service: Service, done: Promise<void>): Promise<void> {
  if (service.synproxy !== true) return done;
  const [{ features = 0 } = {}] = await Promise.all([client.moduleInfo(), done]);
  if ((features & feature.synproxy) === 0) throw noSynproxy(operation);
}
