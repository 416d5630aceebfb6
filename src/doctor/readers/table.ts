// SPDX-License-Identifier: GPL-2.0-only
import { feature } from "../../ipvs/abi/fnat.js";
import type { IpvsClient, IpvsInfo, ModuleInfo, ServiceRules } from "../../ipvs/client.js";
import type { Daemon } from "../../model/daemon.js";
import type { Flow } from "../../model/flow.js";
import type { ServiceAddresses } from "../../model/local-address.js";
import type { ServerEntry } from "../../model/server.js";
import type { ServiceEntry } from "../../model/service.js";
import type { SyncState } from "../../model/sync.js";
import type { ZoneEntry } from "../../model/zone.js";
import type { ModuleFacts } from "../../module/facts.js";

export interface ServedService {
  readonly service: ServiceEntry;
  readonly servers: readonly ServerEntry[];
}

/** What tsipvsadm's own listings show. */
export interface GatewayTable {
  readonly ipvs?: IpvsInfo;
  readonly module?: ModuleInfo;
  readonly services: readonly ServedService[];
  /** In match order. */
  readonly rules: readonly ServiceRules[];
  /** In their order. */
  readonly zones: readonly ZoneEntry[];
  readonly serviceAddresses: readonly ServiceAddresses[];
  readonly daemons: readonly Daemon[];
  /** Where the module synchronises flows. */
  readonly sync?: SyncState;
  /** Gone through only where they have to be: there may be millions. */
  flows(): AsyncIterable<Iterable<Flow>>;
}

const empty: GatewayTable = {
  services: [], rules: [], zones: [], serviceAddresses: [], daemons: [],
  async *flows() {},
};

/** The whole table; an empty one where there is no IPVS. Rejects with an IpvsError. */
export async function readGatewayTable({ loaded }: ModuleFacts, connect: () => IpvsClient): Promise<GatewayTable> {
  if (!loaded) return empty;
  const client = connect();
  const services = await client.services();
  const servers = await client.serversOf(services.map(({ key }) => key));
  const table = {
    ...empty,
    ipvs: await client.info(),
    services: services.map((service, i) => ({ service, servers: servers[i]! })),
    daemons: await client.daemons(),
  };
  const module = loaded.origin === "tsipvsadm" ? await client.moduleInfo() : undefined;
  if (!module) return table;
  return {
    ...table,
    module,
    rules: await client.rules(),
    zones: await client.zones.list(),
    serviceAddresses: await client.serviceAddresses.list(),
    ...((module.features & feature.sync) !== 0 && { sync: await client.sync.state() }),
    flows: () => client.flows(),
  };
}
