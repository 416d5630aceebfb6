// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from "node:fs";
import type { IpAddress } from "../model/address.js";
import { parseLegacyIpv4 } from "../model/ipv4.js";
import { formatAddress, tryParseAddress } from "../model/address.js";
import { HostNames } from "./host-names.js";

/** A host name whose address has to be looked up before the line can be read. */
export class Unresolved extends Error {
  constructor(readonly host: string) {
    super(host);
  }
}

/** Names and numbers of hosts and ports. Host lookups are remembered; undefined is a name without address. */
export class Names {
  private readonly hosts = new Map<string, IpAddress | undefined>();
  private readonly reverse = new HostNames();
  private services: { ports: Map<string, number>; names: Map<string, string> } | undefined;

  /**
   * Address of a host: an IPv4 one, or an IPv6 one when the host stands in
   * brackets; undefined when it has none. Throws Unresolved when nobody has
   * asked yet.
   */
  host(host: string): IpAddress | undefined {
    const name = nameIn(host);
    const bytes = name === host ? parseLegacyIpv4(name) : undefined;
    if (bytes) return { family: "ipv4", bytes };
    // What looks like an address is none that the resolver could know.
    if (name === "" || /^[\d.]+$/.test(name) || name.includes(":")) return undefined;
    if (!this.hosts.has(host)) throw new Unresolved(host);
    return this.hosts.get(host);
  }

  /** Ask the system's resolver for an IPv4 address, as ipvsadm does, or for an IPv6 one for a host in brackets. */
  async resolve(host: string): Promise<void> {
    const { lookup } = await import("node:dns/promises");
    const name = nameIn(host);
    const found = await lookup(name, { family: name === host ? 4 : 6 }).catch(() => undefined);
    this.hosts.set(host, found && tryParseAddress(found.address));
  }

  /** Port of a service name, in host order. */
  port(name: string, protocol: string): number | undefined {
    return this.load().ports.get(`${name}/${protocol}`);
  }

  portName(port: number, protocol: string): string | undefined {
    return this.load().names.get(`${port}/${protocol}`);
  }

  /** Names for a listing: the addresses are looked up now, and shown as numbers when they have none. */
  async namer(addresses: Iterable<IpAddress>) {
    const names = await this.reverse.of(Array.from(addresses, formatAddress));
    return {
      address: (address: IpAddress) => {
        const text = formatAddress(address);
        return names.get(text) ?? text;
      },
      port: (port: number, protocol: string) => this.portName(port, protocol) ?? String(port),
    };
  }

  private load() {
    if (this.services) return this.services;
    const ports = new Map<string, number>();
    const names = new Map<string, string>();
    for (const line of readServices().split("\n")) {
      const [name, number, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
      const [port, protocol] = number?.split("/") ?? [];
      if (!name || !port || !protocol) continue;
      if (!names.has(`${port}/${protocol}`)) names.set(`${port}/${protocol}`, name);
      for (const alias of [name, ...aliases]) ports.set(`${alias}/${protocol}`, Number(port));
    }
    return (this.services = { ports, names });
  }
}

/** A host without its brackets. */
const nameIn = (host: string): string => (host.startsWith("[") ? host.slice(1, -1) : host);

function readServices(): string {
  try {
    return readFileSync("/etc/services", "utf8");
  } catch {
    return "";
  }
}
