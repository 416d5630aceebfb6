// SPDX-License-Identifier: GPL-2.0-only
import { errnoName, NetlinkError, socketError } from "./error.js";
import { RECEIVE_TIMEOUT, type Transport } from "./transport.js";

/** Calls of native/netlink.c; each returns a negative errno when it fails. */
export interface Addon {
  open(): number;
  send(descriptor: number, datagram: Uint8Array): number;
  receive(descriptor: number, buffer: Uint8Array, milliseconds: number): number;
  dumps(descriptor: number, requests: Uint8Array, buffer: Uint8Array, milliseconds: number): number;
  close(descriptor: number): number;
}

/** Longest datagram that the kernel makes is a dump of 32 KiB. */
const BUFFER_LENGTH = 65_536;

/** Room for the answers of many dumps. */
const DUMPS_LENGTH = 262_144;

/** Where the build leaves the addon, seen from the bundle and from the sources. */
const PLACES = [`${__dirname}/native/netlink.node`, `${__dirname}/../../dist/native/netlink.node`];

let loaded: Addon | undefined;

/** The addon; undefined where it was not built or is for another machine. */
export function loadAddon(): Addon | undefined {
  for (const path of PLACES) loaded ??= loadFrom(path);
  return loaded;
}

function loadFrom(path: string): Addon | undefined {
  const target = { exports: {} as Addon };
  try {
    process.dlopen(target, path);
    return target.exports;
  } catch {
    return undefined;
  }
}

function checked(result: number, call: Parameters<typeof socketError>[0]): number {
  if (result >= 0) return result;
  throw socketError(call, errnoName(-result));
}

/** A socket of the addon: blocking, with extended acks, and overruns come back as ENOBUFS. */
export class AddonTransport implements Transport {
  readonly #addon: Addon;
  readonly #timeout: number;
  #buffer: Uint8Array | undefined;
  #dumps: Uint8Array | undefined;
  #descriptor: number | undefined;

  constructor(addon: Addon, timeout = RECEIVE_TIMEOUT) {
    this.#addon = addon;
    this.#timeout = timeout;
    this.#descriptor = checked(addon.open(), "socket");
  }

  send(datagram: Uint8Array): void {
    checked(this.#addon.send(this.#open(), datagram), "send");
  }

  receive(): Uint8Array {
    const buffer = (this.#buffer ??= new Uint8Array(BUFFER_LENGTH));
    const length = checked(this.#addon.receive(this.#open(), buffer, this.#timeout), "receive");
    return buffer.subarray(0, length);
  }

  dumps(requests: Uint8Array): Uint8Array {
    const buffer = (this.#dumps ??= new Uint8Array(DUMPS_LENGTH));
    const length = checked(this.#addon.dumps(this.#open(), requests, buffer, this.#timeout), "receive");
    return buffer.subarray(0, length);
  }

  close(): void {
    if (this.#descriptor !== undefined) this.#addon.close(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new NetlinkError("EBADF", "the netlink socket is closed");
    return this.#descriptor;
  }
}
