// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../../model/address.js";
import type { Host } from "../host.js";
import { shellLine } from "../host.js";
import type { Interval } from "../intervals.js";
import { ofText } from "../intervals.js";
import type { Fields } from "./json.js";
import { isFields, list, objects, runJson, text } from "./json.js";
import type { PacketRule, PacketRuleKind } from "./netfilter.js";

/** Tables that iptables keeps in nftables: its own program tells of them. */
const IPTABLES_TABLES = new Set(["nat", "filter", "mangle", "raw", "security"]);

/** Rules of nftables but for those of iptables, when that `answers` itself; undefined when there is no nft. */
export function readNftables(host: Host, answers: boolean): PacketRule[] | undefined {
  const printed = runJson(host, "nft", "-j", "list", "ruleset");
  if (!isFields(printed)) return undefined;
  const entries = objects(printed["nftables"]);
  const hooks = new Map<string, string>();
  for (const { chain } of entries) {
    if (isFields(chain)) hooks.set(chainId(chain, "name"), text(chain["hook"]) ?? "");
  }
  return entries.flatMap(({ rule }) => {
    if (!isFields(rule)) return [];
    const table = text(rule["table"]) ?? "";
    if (answers && IPTABLES_TABLES.has(table) && rule["family"] !== "inet") return [];
    return readRule(rule, hooks.get(chainId(rule, "chain")) ?? "");
  });
}

const chainId = (fields: Fields, name: string): string => [fields["family"], fields["table"], fields[name]].join(" ");

function readRule(rule: Fields, hook: string): PacketRule[] {
  const steps = objects(rule["expr"]);
  const kind = kindOf(steps, hook);
  if (kind === undefined) return [];
  const words = [rule["family"], rule["table"], rule["chain"]].map(String);
  const handle = String(rule["handle"]);
  return [{
    kind,
    tool: "nftables",
    shown: `${words.join(" ")} handle ${handle}`,
    remove: shellLine("nft", "delete", "rule", ...words, "handle", handle),
    ...(rule["family"] === "ip" ? { family: "ipv4" as const } : rule["family"] === "ip6" ? { family: "ipv6" as const } : {}),
    ...matches(steps),
  }];
}

function kindOf(steps: readonly Fields[], hook: string): PacketRuleKind | undefined {
  const has = (name: string) => steps.some((step) => name in step);
  if (has("masquerade") || has("snat")) return "source-nat";
  if (hook === "postrouting") return comparisons(steps).some(({ left }) => isOfConnection(left, "state")) ? "state-behind" : undefined;
  if (hook === "output" || hook === "input") return undefined;
  const asks = comparisons(steps).some(({ left }) => isOfConnection(left));
  const marks = steps.some(({ mangle }) => isFields(mangle) && (isOfConnection(mangle["key"]) || isOfConnection(mangle["value"])));
  return asks || marks || has("ct count") ? "by-connection" : undefined;
}

/** `ct state', or whatever `ct' there is. */
const isOfConnection = (value: unknown, key?: string): boolean =>
  isFields(value) && isFields(value["ct"]) && (key === undefined || value["ct"]["key"] === key);

const comparisons = (steps: readonly Fields[]): Fields[] => steps.map(({ match }) => match).filter(isFields);

function matches(steps: readonly Fields[]): Pick<PacketRule, "sources" | "destinations" | "input"> {
  const equal = comparisons(steps).filter(({ op }) => op === "==" || op === "in");
  const address = (field: string): Interval[] | undefined => {
    const found = equal.find(({ left }) => isFields(left) && isFields(left["payload"]) && left["payload"]["field"] === field);
    const family = found && familyOf(found["left"]);
    const intervals = family && valuesOf(found["right"]).map((value) => intervalOf(value, family));
    // What can't be read, as a set by its name, may be any address.
    return intervals?.every((interval) => interval !== undefined) ? (intervals as Interval[]) : undefined;
  };
  const device = equal.find(({ left }) => isFields(left) && isFields(left["meta"]) && left["meta"]["key"] === "iifname")?.["right"];
  const sources = address("saddr");
  const destinations = address("daddr");
  return { ...(sources && { sources }), ...(destinations && { destinations }), ...(typeof device === "string" && { input: device }) };
}

function familyOf(left: unknown): Family | undefined {
  const protocol = isFields(left) && isFields(left["payload"]) ? left["payload"]["protocol"] : undefined;
  return protocol === "ip" ? "ipv4" : protocol === "ip6" ? "ipv6" : undefined;
}

const valuesOf = (right: unknown): readonly unknown[] => (isFields(right) && "set" in right ? list(right["set"]) : [right]);

function intervalOf(value: unknown, family: Family): Interval | undefined {
  if (typeof value === "string") return ofText(value, family);
  if (!isFields(value)) return undefined;
  const { prefix, range } = value;
  if (isFields(prefix)) return ofText(`${String(prefix["addr"])}/${String(prefix["len"])}`, family);
  return ofText(list(range).join("-"), family);
}
