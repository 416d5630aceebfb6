// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import { formatSchedFlags } from "../model/sched-flags.js";
import type { Protocol, Service, ServiceEntry, ServiceKey } from "../model/service.js";
import { writeRates, writeStats } from "./counters.js";
import type { Namer } from "./names.js";
import { writeListed } from "./names.js";
import type { TextBuffer } from "./text-buffer.js";

/** What a listing shows of each service. */
export interface ListFormat {
  readonly namer: Namer;
  readonly columns: "plain" | "stats" | "rate" | "thresholds" | "persistent-conn" | "tun-info";
  readonly exact: boolean;
}

const protocolNames: Readonly<Record<Protocol, string>> = { tcp: "TCP  ", udp: "UDP  ", sctp: "SCTP " };

/** Writes "TCP  10.0.0.1:80" or "FWM  1 IPv6". */
function writeKey(out: TextBuffer, key: ServiceKey, namer: Namer): void {
  if (key.kind === "fwmark") {
    out.text("FWM  ").number(key.fwmark);
    if (key.family === "ipv6") out.text(" IPv6");
    return;
  }
  out.text(protocolNames[key.protocol]);
  writeListed(out, namer, key.address, key.port, key.protocol);
}

/** The persistence mask, when it groups more than one client. */
export function maskText(service: Service): string | undefined {
  const { netmask } = service;
  if (netmask === undefined || netmask === 128) return undefined;
  const text = typeof netmask === "number" ? String(netmask) : formatAddress(netmask);
  return text === "255.255.255.255" ? undefined : text;
}

/** Has it what flagsText() shows? Most have not. */
const hasFlags = ({ schedFlags, persistent, onePacket, synproxy }: Service): boolean =>
  schedFlags !== undefined || persistent !== undefined || onePacket !== undefined || synproxy !== undefined;

function flagsText(service: Service): string {
  const flags = service.schedFlags && formatSchedFlags(service.schedFlags, service.scheduler);
  const mask = maskText(service);
  const engine = service.peName ? ` pe ${service.peName}` : "";
  return [
    flags ? ` (${flags})` : "",
    service.persistent === undefined ? "" : ` persistent ${service.persistent}${mask ? ` mask ${mask}` : ""}${engine}`,
    service.onePacket ? " ops" : "",
    service.synproxy ? " synproxy" : "",
  ].join("");
}

/** Writes the line of a service. */
export function writeService(out: TextBuffer, service: ServiceEntry, format: ListFormat): void {
  out.column();
  writeKey(out, service.key, format.namer);
  if (format.columns === "stats") writeStats(out.fill(33), service.stats, format.exact);
  else if (format.columns === "rate") writeRates(out.fill(33), service.stats, format.exact);
  else out.text(" ").text(service.scheduler).text(hasFlags(service) ? flagsText(service) : "");
  out.text("\n");
}
