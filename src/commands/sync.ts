// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { syncWords } from "../cli/sync-words.js";
import { parseNumber } from "../cli/numbers.js";
import { parseWords, type WordCall } from "../words.js";
import { CliError, exitStatus } from "../errors.js";
import { syncFields, syncText } from "../format/sync.js";
import { type IpAddress, tryParseAddress } from "../model/address.js";
import { SYNC_KEY_BYTES, type SyncSettings } from "../model/sync.js";
import { quote } from "../model/text-error.js";
import type { Command, Session } from "./command.js";

type SyncCommand = (call: WordCall, session: Session) => Promise<void>;

/** Seconds. */
const WAIT_DEFAULT = 30;
const HANDOVER_DEFAULT = 5;
const TIMEOUT_MAX = 60;
/** Milliseconds between two looks. */
const LOOK = 200;
const SECOND = 1000;
const PEERS_MAX = 8;
const PORT_MAX = 65535;
const FOR_OTHERS = 0o077;

/** "sync" and a word of its own table. */
export const sync: Command = async ({ values }, session) => {
  const call = parseWords("sync", syncWords, values.words ?? []);
  await commands[call.word.name]!(call, session);
};

const status: SyncCommand = async ({ options }, { client, io }) => {
  const state = await client.sync.state();
  io.out(options.has("json") ? `${JSON.stringify(syncFields(state), null, 2)}\n` : syncText(state));
};

function peersOf(text: string): readonly IpAddress[] {
  const peers = text.split(",").map((one) => {
    const address = tryParseAddress(one);
    if (!address) throw new CliError(`--peer: ${quote(one)} is no IP address`);
    return address;
  });
  if (peers.length > PEERS_MAX) throw new CliError(`--peer: ${peers.length} addresses; at most ${PEERS_MAX} can be named`);
  if (peers.some(({ family }) => family !== peers[0]!.family)) throw new CliError(`--peer: ${quote(text)} has addresses of both families; all peers have one`);
  return peers;
}

function portOf(text: string): number {
  const port = parseNumber(text, 1, PORT_MAX);
  if (port === undefined) throw new CliError(`--port: ${quote(text)} is no port; 1 to ${PORT_MAX} are`);
  return port;
}

/** The key in a file that nobody else can read: 32 bytes, or 64 hexadecimal digits with or without a newline. */
function keyOf(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    if ((statSync(path).mode & FOR_OTHERS) !== 0) throw new CliError(`--key-file: ${quote(path)} can be read or written by others: chmod 600`, exitStatus.failure);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`--key-file: ${quote(path)} can't be read: ${(error as NodeJS.ErrnoException).code ?? ""}`, exitStatus.failure);
  }
  if (bytes.length === SYNC_KEY_BYTES) return bytes;
  const digits = bytes.toString("latin1").trim();
  if (new RegExp(`^[0-9a-f]{${2 * SYNC_KEY_BYTES}}$`, "i").test(digits)) return Buffer.from(digits, "hex");
  throw new CliError(`--key-file: ${quote(path)} holds no key: that is ${SYNC_KEY_BYTES} bytes, or ${2 * SYNC_KEY_BYTES} hexadecimal digits`, exitStatus.failure);
}

function isOff(text: string): boolean {
  if (text !== "on" && text !== "off") throw new CliError(`--flows: ${quote(text)} is neither on nor off`);
  return text === "off";
}

/** The settings of a line. */
export function syncSettings(options: ReadonlyMap<string, string>): SyncSettings {
  const peer = options.get("peer");
  const port = options.get("port");
  const key = options.get("key-file");
  const flows = options.get("flows");
  return {
    ...(flows !== undefined && isOff(flows) && { off: true }),
    ...(peer !== undefined && { peers: peersOf(peer) }),
    ...(port !== undefined && { port: portOf(port) }),
    ...(key !== undefined && { key: keyOf(key) }),
  };
}

const set: SyncCommand = ({ options }, { client }) => client.sync.set(syncSettings(options));

/** In milliseconds. */
function timeoutOf(options: ReadonlyMap<string, string>, fallback: number): number {
  const text = options.get("timeout");
  if (text === undefined) return fallback * SECOND;
  const seconds = parseNumber(text, 0, TIMEOUT_MAX);
  if (seconds === undefined) throw new CliError(`--timeout: ${quote(text)} is no number of seconds from 0 to ${TIMEOUT_MAX}`);
  return seconds * SECOND;
}

const wait: SyncCommand = async ({ options }, { client }) => {
  const timeout = timeoutOf(options, WAIT_DEFAULT);
  const end = Date.now() + timeout;
  for (;;) {
    const state = await client.sync.state();
    if (!state.roles.master && !state.roles.backup) throw new CliError("no sync daemon runs, or flows are off: see tsipvsadm sync status", exitStatus.failure);
    if (state.complete) return;
    if (Date.now() >= end) throw new CliError(`not complete within ${timeout / SECOND} s: see tsipvsadm sync status`, exitStatus.failure);
    await sleep(LOOK);
  }
};

const handover: SyncCommand = ({ options }, { client }) => client.sync.handover(timeoutOf(options, HANDOVER_DEFAULT));

const commands: Readonly<Record<string, SyncCommand>> = { status, set, wait, handover };
