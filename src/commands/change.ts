// SPDX-License-Identifier: GPL-2.0-only
import { buildRule, buildRuleKey, fwmarkKey } from "../cli/build-rule.js";
import { buildServer, serverAddress } from "../cli/build-server.js";
import { buildService, requiredKey, serviceKey } from "../cli/build-service.js";
import { buildLocalAddresses, buildZone } from "../cli/build-zone.js";
import type { Invocation } from "../cli/parse.js";
import type { Values } from "../cli/values.js";
import type { Change } from "../plan/change.js";
import { buildDaemon } from "./daemon.js";

/** What a command line changes; undefined when it changes nothing. Throws CliError. */
export function changeOf({ verb, values, given }: Invocation): Change | undefined {
  switch (verb.id) {
    case "add-service":
    case "edit-service":
      return { kind: verb.id, service: buildService(values) };
    case "delete-service":
      return { kind: verb.id, key: requiredKey(values) };
    case "add-server":
    case "edit-server":
      return { kind: verb.id, key: requiredKey(values), server: buildServer(values, given) };
    case "delete-server": {
      const key = requiredKey(values);
      return { kind: verb.id, key, server: serverAddress(values) };
    }
    case "add-snat":
    case "edit-snat":
      return { kind: verb.id, key: fwmarkKey(values), rule: buildRule(values) };
    case "delete-snat":
      return { kind: verb.id, key: fwmarkKey(values), rule: buildRuleKey(values) };
    case "add-zone":
      return { kind: verb.id, ...buildZone(values) };
    case "del-zone":
      return { kind: verb.id, zone: values.zone!.prefix };
    case "add-laddr":
    case "del-laddr":
      return addressChange(verb.id, values);
    case "flush":
      return { kind: verb.id };
    case "zero": {
      const key = serviceKey(values);
      return { kind: verb.id, ...(key && { key }) };
    }
    case "set": {
      const [tcp, tcpFin, udp] = values.timeouts!;
      return { kind: verb.id, timeouts: { tcp, tcpFin, udp } };
    }
    case "start-daemon":
    case "stop-daemon":
      return { kind: verb.id, daemon: buildDaemon(values) };
    default:
      return undefined;
  }
}

/** Of a zone or of a service. */
function addressChange(verb: "add-laddr" | "del-laddr", values: Values): Change {
  const range = buildLocalAddresses(values);
  if (values.zone) return { kind: verb, zone: values.zone.prefix, range };
  return { kind: verb === "add-laddr" ? "add-service-laddr" : "del-service-laddr", key: requiredKey(values), range };
}
