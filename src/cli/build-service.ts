// SPDX-License-Identifier: GPL-2.0-only
import { CliError } from "../errors.js";
import { isUnspecified } from "../model/address.js";
import { shortened } from "../model/shortened.js";
import { schedFlagIndex } from "../model/sched-flags.js";
import type { SchedFlags } from "../model/sched-flags.js";
import type { Service, ServiceKey } from "../model/service.js";
import type { Values } from "./values.js";

const DEFAULT_SCHEDULER = "wlc";

/** The service that the line names; undefined when it names none. */
export function serviceKey(values: Values): ServiceKey | undefined {
  if (values.fwmark !== undefined) {
    return { kind: "fwmark", family: values.ipv6 ? "ipv6" : "ipv4", fwmark: values.fwmark };
  }
  if (!values.virtual || !values.protocol) return undefined;
  const { address, port = 0 } = values.virtual;
  return { kind: "address", protocol: values.protocol, address, port };
}

/** As serviceKey, for verbs that checkOptions lets pass only with a service. */
export function requiredKey(values: Values): ServiceKey {
  const key = serviceKey(values);
  if (!key) throw new Error("a service was to be required");
  return key;
}

/** The service of -A and -E. Throws CliError. */
export function buildService(values: Values): Service {
  const key = requiredKey(values);
  const { netmask } = values;
  if (key.kind === "address" && key.port === 0 && values.persistent === undefined && !isCatchAll(key)) {
    throw new CliError("Zero port specified for non-persistent service");
  }
  if (values.onePacket && key.kind === "address" && key.protocol !== "udp") {
    throw new CliError("One-Packet Scheduling is only for UDP virtual services");
  }
  if (values.synproxy) checkSynproxy(key);
  const scheduler = values.scheduler || DEFAULT_SCHEDULER;
  return {
    key,
    scheduler,
    ...(values.persistent !== undefined && { persistent: values.persistent }),
    ...(netmask !== undefined && { netmask }),
    ...(values.peName && { peName: values.peName }),
    ...(values.onePacket && { onePacket: true }),
    ...(values.schedFlags !== undefined && { schedFlags: parseSchedFlags(values.schedFlags, scheduler) }),
    ...(values.synproxy && { synproxy: true }),
  };
}

/** SYNPROXY is for the handshakes of TCP, and for packets that servers get. Throws CliError. */
function checkSynproxy(key: ServiceKey): void {
  if (key.kind === "address" && key.protocol !== "tcp") throw new CliError("SYNPROXY (-j enable) is only for TCP virtual services");
  if (isCatchAll(key)) throw new CliError("SYNPROXY (-j enable) is not for the service that switches zones on");
}

/** A service for every address and port of TCP or UDP switches zones on. */
function isCatchAll(key: ServiceKey): boolean {
  return key.kind === "address" && key.port === 0 && key.protocol !== "sctp" && isUnspecified(key.address);
}

/** Longest text of scheduler flags that ipvsadm looks at, in bytes. */
const FLAGS_MAX = 127;

/** Are the scheduler flags such as the scheduler has? ipvsadm asks before it asks whether they are legal. Throws CliError. */
export function checkSchedFlags(values: Values): void {
  if (values.schedFlags !== undefined) parseSchedFlags(values.schedFlags, values.scheduler || DEFAULT_SCHEDULER);
}

function parseSchedFlags(text: string, scheduler: string): SchedFlags {
  const flags: [boolean, boolean, boolean] = [false, false, false];
  for (const name of shortened(text, FLAGS_MAX).split(",").filter((piece) => piece !== "")) {
    const index = schedFlagIndex(name, scheduler);
    if (typeof index === "string") throw new CliError(`${index} scheduler flag \`${name}'`);
    flags[index] = true;
  }
  return flags;
}
