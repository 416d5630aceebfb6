// SPDX-License-Identifier: GPL-2.0-only

/** Verbs by the names that ipvsadm's messages use. */
export type VerbId =
  | "add-service" | "edit-service" | "delete-service" | "flush" | "list"
  | "add-server" | "delete-server" | "edit-server"
  | "set" | "start-daemon" | "stop-daemon" | "restore" | "save" | "zero"
  | "add-snat" | "edit-snat" | "delete-snat"
  | "add-zone" | "del-zone" | "add-laddr" | "del-laddr" | "get-laddr"
  | "apply" | "module" | "sync" | "doctor"
  | "help" | "version";

export type VerbGroup = "Services" | "Real servers" | "Source-NAT rules" | "Zones" | "Local addresses" | "The whole table" | "Sync daemon" | "The kernel module" | "This host" | "Help";

export interface Verb {
  readonly id: VerbId;
  /** Its letters; -K is a rule or a zone, by its options. */
  readonly shorts: string;
  readonly long: string;
  /** It is written as it is, without hyphens in front, and only as the first word of a command line. */
  readonly word?: true;
  /** Name of the argument that the verb's own flag takes. */
  readonly arg?: string;
  /** The words that the argument can be. */
  readonly values?: readonly string[];
  /** All that follows belongs to a table of its own, which is loaded when it is needed. */
  readonly rest?: true;
  /** Names of the arguments that stand by themselves. */
  readonly positional?: readonly string[];
  readonly group: VerbGroup;
  readonly synopsis: string;
  readonly help: string;
}

const SERVICE = "-t|-u|--sctp-service HOST:PORT | -f MARK [-6]";
const RULE = "-f MARK [-6] -F PREFIX [-T PREFIX] [-W ADDRESS[%DEVICE]] [--oif DEVICE]";
const SERVER = "[-g|-i|-m|-b] [-w N] [-x N] [-y N] [tunnel options]";

/** THE table of verbs: dispatch, parser and help derive from it. */
export const verbs: readonly Verb[] = [
  { id: "add-service", shorts: "A", long: "add-service", group: "Services",
    synopsis: "SERVICE [-s SCHEDULER] [-p [SECONDS]] [-M MASK] [-o] [--pe ENGINE] [-b FLAGS] [-j enable|disable]",
    help: `add a virtual service; SERVICE is ${SERVICE}` },
  { id: "edit-service", shorts: "E", long: "edit-service", group: "Services",
    synopsis: "SERVICE, and options as for -A", help: "edit a virtual service" },
  { id: "delete-service", shorts: "D", long: "delete-service", group: "Services",
    synopsis: "SERVICE", help: "delete a virtual service with its servers, rules and local addresses" },
  { id: "add-server", shorts: "a", long: "add-server", group: "Real servers",
    synopsis: `SERVICE -r HOST[:PORT] ${SERVER}`, help: "add a real server to a service" },
  { id: "edit-server", shorts: "e", long: "edit-server", group: "Real servers",
    synopsis: `SERVICE -r HOST[:PORT] ${SERVER}`, help: "edit a real server" },
  { id: "delete-server", shorts: "d", long: "delete-server", group: "Real servers",
    synopsis: "SERVICE -r HOST[:PORT]", help: "remove a real server" },
  { id: "add-snat", shorts: "K", long: "add-snat", group: "Source-NAT rules",
    synopsis: `${RULE} -U POOL [-O sdh|sh|random] [-N ADDRESS[%DEVICE]] [-b]`,
    help: "add a rule to an SNAT service (-A -f MARK -s snat_sched)" },
  { id: "edit-snat", shorts: "k", long: "edit-snat", group: "Source-NAT rules",
    synopsis: `${RULE} -U POOL [-O sdh|sh|random] [-N ADDRESS[%DEVICE]] [-b]`,
    help: "replace pool, algorithm and next hop of the rule with these keys" },
  { id: "delete-snat", shorts: "H", long: "delete-snat", group: "Source-NAT rules",
    synopsis: RULE, help: "delete the rule with these keys" },
  { id: "add-zone", shorts: "K", long: "add-zone", group: "Zones",
    synopsis: "--zone PREFIX [--before PREFIX]",
    help: "add a zone behind the others, or before one; -A -t 0.0.0.0:0 and -u 0.0.0.0:0 switch zones on" },
  { id: "del-zone", shorts: "V", long: "del-zone", group: "Zones",
    synopsis: "--zone PREFIX", help: "delete a zone with its local addresses" },
  { id: "add-laddr", shorts: "P", long: "add-laddr", group: "Local addresses",
    synopsis: "SERVICE|--zone PREFIX -z RANGE", help: "add local addresses to a service, for its -b servers, or to a zone" },
  { id: "del-laddr", shorts: "Q", long: "del-laddr", group: "Local addresses",
    synopsis: "SERVICE|--zone PREFIX -z RANGE", help: "delete local addresses; flows that have them go on" },
  { id: "get-laddr", shorts: "G", long: "get-laddr", group: "Local addresses",
    synopsis: "[SERVICE|--zone PREFIX] [--json]", help: "list zones in order, and services, with their local addresses" },
  { id: "list", shorts: "Ll", long: "list", group: "The whole table",
    synopsis: "[SERVICE] [-n] [-c] [--stats|--rate] [--exact] [--ext-stats] [--json] ...",
    help: "list services, servers, rules or connections" },
  { id: "zero", shorts: "Z", long: "zero", group: "The whole table",
    synopsis: "[SERVICE]", help: "zero the counters of one service or of all" },
  { id: "flush", shorts: "C", long: "clear", group: "The whole table", synopsis: "", help: "clear the whole table" },
  { id: "save", shorts: "S", long: "save", group: "The whole table",
    synopsis: "[-n]", help: "print the table as -R reads it" },
  { id: "restore", shorts: "R", long: "restore", group: "The whole table",
    synopsis: "[--atomic]", help: "read command lines from standard input" },
  { id: "apply", shorts: "", long: "apply", word: true, positional: ["FILE"], group: "The whole table",
    synopsis: "[--dry-run] FILE", help: "change what differs from the table in FILE, written as by -S; - is standard input" },
  { id: "set", shorts: "", long: "set", positional: ["tcp", "tcpfin", "udp"], group: "The whole table",
    synopsis: "TCP TCPFIN UDP", help: "set timeouts in seconds; 0 keeps a value" },
  { id: "start-daemon", shorts: "", long: "start-daemon", arg: "state", values: ["master", "backup"], group: "Sync daemon",
    synopsis: "master|backup [daemon options]", help: "start the connection sync daemon" },
  { id: "stop-daemon", shorts: "", long: "stop-daemon", arg: "state", values: ["master", "backup"], group: "Sync daemon",
    synopsis: "master|backup", help: "stop the connection sync daemon" },
  { id: "sync", shorts: "", long: "sync", word: true, rest: true, group: "Sync daemon",
    synopsis: "status|set|wait|handover ...",
    help: "flows of rules and zones, which the daemons synchronise beside IPVS's connections" },
  { id: "module", shorts: "", long: "module", word: true, rest: true, group: "The kernel module",
    synopsis: "status|show|set|load|unload|reload ...",
    help: "what source NAT and FULLNAT need in the kernel; also build, install, uninstall, patch" },
  { id: "doctor", shorts: "", long: "doctor", word: true, group: "This host",
    synopsis: "[--fix] [--json]", help: "say what keeps this gateway from working, and the commands that mend it" },
  { id: "help", shorts: "h", long: "help", group: "Help", synopsis: "", help: "show this text" },
  { id: "version", shorts: "v", long: "version", group: "Help", synopsis: "", help: "show the version" },
];

/** The verbs of zones, which ipvsadm does not have. */
export function isZoneVerb(id: VerbId): boolean {
  return id === "add-zone" || id === "del-zone" || isLaddrVerb(id);
}

/** The verbs of local addresses. */
export function isLaddrVerb(id: VerbId): boolean {
  return id === "add-laddr" || id === "del-laddr" || id === "get-laddr";
}

/** The verbs of source-NAT rules, which ipvsadm does not have. */
export function isSnatVerb(id: VerbId): boolean {
  return id === "add-snat" || id === "edit-snat" || id === "delete-snat";
}

/** Those that ipvsadm does not have. */
export function isOwnVerb({ id, word }: Verb): boolean {
  return word === true || isSnatVerb(id) || isZoneVerb(id);
}
