// SPDX-License-Identifier: GPL-2.0-only
import { parseAddress } from "../../model/address.js";
import { formatAddress } from "../../model/address.js";
import type { Facts } from "../facts.js";
import type { Check } from "../finding.js";
import { mend } from "../finding.js";
import { command } from "../gateway.js";
import { addressText, contains, ofAddress } from "../intervals.js";
import { changeText } from "../../plan/change.js";
import type { ServedService } from "../readers/table.js";
import { connectedDevice, liveRoutes } from "../ways.js";

/** Services with FULLNAT servers whose connections have no address to leave with. */
export const fullnatAddressesCheck: Check = {
  id: "fullnat-addresses",
  *examine(facts) {
    const given = new Set(facts.table.serviceAddresses.filter(({ addresses }) => addresses.length > 0).map(({ service }) => name(service)));
    for (const served of facts.table.services) {
      const { key } = served.service;
      const servers = served.servers.filter(({ method }) => method === "fullnat");
      if (servers.length === 0 || given.has(name(key))) continue;
      const address = ownAddress(facts, { ...served, servers });
      yield {
        what: `the service ${name(key)} has ${servers.length === 1 ? "a FULLNAT server" : `${servers.length} FULLNAT servers`} and no local address`,
        why: "every packet to such a server is dropped and counted (drop-no-laddr).",
        mends: [address === undefined
          ? mend("give it addresses that its servers have a way to", `tsipvsadm -P ${name(key)} -z FIRST-LAST`)
          : mend("give it this host's own address towards the servers, or others",
            command({ kind: "add-service-laddr", key, range: { first: parseAddress(address), last: parseAddress(address) } }))],
        safe: false,
      };
    }
  },
};

const name = (key: ServedService["service"]["key"]): string => changeText({ kind: "delete-service", key }).slice(3);

/** An address of the device by which the first of the servers is reached. */
function ownAddress(facts: Facts, { servers }: ServedService): string | undefined {
  const server = ofAddress(servers[0]!.address);
  const device = connectedDevice(facts, server) ?? deviceTowards(facts, formatAddress(servers[0]!.address));
  const own = facts.links.find((link) => link.name === device)?.addresses.filter(({ address }) => address.family === server.family) ?? [];
  const near = own.find(({ network }) => contains(network, server)) ?? own.find(({ address }) => !isLinkLocal(addressText(address.family, address.first)));
  return near && addressText(near.address.family, near.address.first);
}

const isLinkLocal = (text: string): boolean => /^(fe[89ab]|169\.254\.)/i.test(text);

/** By the longest prefix of the main table. */
function deviceTowards(facts: Facts, text: string): string | undefined {
  const to = ofAddress(parseAddress(text));
  const routes = liveRoutes(facts).filter((route) => route.table === "main" && route.kind === "unicast" && contains(route.to, to));
  return routes.sort((a, b) => (a.to.last - a.to.first < b.to.last - b.to.first ? -1 : 1))[0]?.device;
}
