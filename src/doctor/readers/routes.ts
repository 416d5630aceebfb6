// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../../model/address.js";
import { tryParseAddress } from "../../model/address.js";
import type { Host } from "../host.js";
import type { Interval } from "../intervals.js";
import { ofAddress, ofText } from "../intervals.js";
import type { Fields } from "./json.js";
import { isFields, list, number, objects, runJson, text } from "./json.js";

/** A route, or one of the ways of a route that has several. */
export interface Route {
  readonly kind: "unicast" | "local" | "other";
  readonly to: Interval;
  readonly table: string;
  readonly gateway?: Interval;
  readonly device?: string;
  readonly metric: number;
  /** Its device is down, or has no carrier. */
  readonly dead: boolean;
}

/** A rule of policy routing. */
export interface Policy {
  readonly family: Family;
  readonly table: string;
  /** It asks for a source address. */
  readonly bySource: boolean;
  /** It asks for a mark, a device, a port or a user: not what a packet back would have. */
  readonly byOther: boolean;
}

/** An address that a device answers for (ip neigh add proxy). */
export interface Proxy {
  readonly address: Interval;
  readonly device: string;
}

const families: ReadonlyArray<readonly [option: string, family: Family]> = [["-4", "ipv4"], ["-6", "ipv6"]];

export function readRoutes(host: Host): Route[] {
  return families.flatMap(([option, family]) =>
    objects(runJson(host, "ip", option, "-j", "route", "show", "table", "all")).flatMap((route) => waysOf(route, family)),
  );
}

function waysOf(route: Fields, family: Family): Route[] {
  const to = ofText(text(route["dst"]) ?? "", family);
  if (!to) return [];
  const type = text(route["type"]) ?? "unicast";
  const base = {
    kind: type === "unicast" || type === "local" ? (type as "unicast" | "local") : ("other" as const),
    to,
    table: text(route["table"]) ?? "main",
    metric: number(route["metric"]) ?? 0,
  };
  const several = objects(route["nexthops"]);
  return (several.length > 0 ? several : [route]).map((way) => ({ ...base, ...hop(way) }));
}

function hop(way: Fields): Pick<Route, "gateway" | "device" | "dead"> {
  const via = isFields(way["via"]) ? text(way["via"]["host"]) : text(way["gateway"]);
  const gateway = via === undefined ? undefined : tryParseAddress(via);
  const device = text(way["dev"]);
  const dead = list(way["flags"]).some((flag) => flag === "dead" || flag === "linkdown");
  return { dead, ...(gateway && { gateway: ofAddress(gateway) }), ...(device !== undefined && { device }) };
}

const PLAIN_KEYS = new Set(["priority", "src", "srclen", "dst", "dstlen", "table", "protocol", "not", "suppress_prefixlen", "suppress_ifgroup"]);

export function readPolicies(host: Host): Policy[] {
  return families.flatMap(([option, family]) =>
    objects(runJson(host, "ip", option, "-j", "rule", "show")).map((rule) => ({
      family,
      table: String(rule["table"] ?? ""),
      bySource: rule["src"] !== "all" && rule["src"] !== undefined,
      byOther: Object.keys(rule).some((key) => !PLAIN_KEYS.has(key)),
    })),
  );
}

export function readProxies(host: Host): Proxy[] {
  return families.flatMap(([option, family]) =>
    objects(runJson(host, "ip", option, "-j", "neigh", "show", "proxy")).flatMap((entry) => {
      const address = ofText(text(entry["dst"]) ?? "", family);
      return address ? [{ address, device: text(entry["dev"]) ?? "" }] : [];
    }),
  );
}
