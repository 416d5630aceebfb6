// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import { formatSchedFlags } from "../model/sched-flags.js";
import type { Service, ServiceEntry, ServiceKey } from "../model/service.js";
import type { Stats } from "../model/stats.js";
import { largeNumber, pad, plainNumber } from "./columns.js";
import type { Namer } from "./names.js";
import { listedEndpoint } from "./names.js";

/** What a listing shows of each service. */
export interface ListFormat {
  readonly namer: Namer;
  readonly columns: "plain" | "stats" | "rate" | "thresholds" | "persistent-conn" | "tun-info";
  readonly exact: boolean;
}

/** "TCP  10.0.0.1:80" or "FWM  1 IPv6". */
export function keyText(key: ServiceKey, namer: Namer): string {
  if (key.kind === "fwmark") return `FWM  ${key.fwmark}${key.family === "ipv6" ? " IPv6" : ""}`;
  return `${pad(key.protocol.toUpperCase(), 4)} ${listedEndpoint(namer, key.address, key.port, key.protocol)}`;
}

/** The persistence mask, when it groups more than one client. */
export function maskText(service: Service): string | undefined {
  const { netmask } = service;
  if (netmask === undefined || netmask === 128) return undefined;
  const text = typeof netmask === "number" ? String(netmask) : formatAddress(netmask);
  return text === "255.255.255.255" ? undefined : text;
}

function flagsText(service: Service): string {
  const flags = service.schedFlags && formatSchedFlags(service.schedFlags, service.scheduler);
  const mask = maskText(service);
  const engine = service.peName ? ` pe ${service.peName}` : "";
  return [
    flags ? ` (${flags})` : "",
    service.persistent === undefined ? "" : ` persistent ${service.persistent}${mask ? ` mask ${mask}` : ""}${engine}`,
    service.onePacket ? " ops" : "",
  ].join("");
}

/** The line of a service. */
export function serviceRow(service: ServiceEntry, format: ListFormat): string {
  const key = keyText(service.key, format.namer);
  if (format.columns === "stats") return `${pad(key, 33)}${statsColumns(service.stats, format.exact)}\n`;
  if (format.columns === "rate") return `${pad(key, 33)}${rateColumns(service.stats, format.exact)}\n`;
  return `${key} ${service.scheduler}${flagsText(service)}\n`;
}

export function statsColumns(stats: Stats, exact: boolean): string {
  return [stats.conns, stats.inPkts, stats.outPkts, stats.inBytes, stats.outBytes]
    .map((value) => largeNumber(value, exact))
    .join("");
}

export function rateColumns(stats: Stats, exact: boolean): string {
  return [stats.cps, stats.inPps, stats.outPps, stats.inBps, stats.outBps]
    .map((value) => largeNumber(value, exact))
    .join("");
}

/** Rates as ipvsadm shows a server's: connections and packets are never shortened. */
export function serverRateColumns(stats: Stats, exact: boolean): string {
  const whole = [stats.cps, stats.inPps, stats.outPps].map(plainNumber);
  return [...whole, ...[stats.inBps, stats.outBps].map((value) => largeNumber(value, exact))].join("");
}
