// SPDX-License-Identifier: GPL-2.0-only
import type { ForwardingMethod, ServerEntry } from "../model/server.js";
import { SERVICE_WORDS, hasMark, serviceWords } from "../model/key-words.js";
import type { Protocol, ServiceKey } from "../model/service.js";
import type { IpAddress } from "../model/address.js";
import type { PlainServers, ServiceTable } from "./client.js";
import { hexadecimal, hexadecimalAddress, IPV4_LENGTH, IPV6_LENGTH } from "./hexadecimal.js";
import { lines } from "./lines.js";
import { blankServer } from "./server-codec.js";
import { AddressPlace } from "./wire.js";

const NEWLINE = 10;
const BLANK = 32;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const BRACKET = 91;
/** Characters ahead of a service's address, "TCP  ", and of a server's, "  -> ". */
const INDENT = 5;
const HEADER_LINES = 3;

/** Protocols and forwarding methods by their first letter. */
const protocols: Readonly<Record<string, Protocol>> = { T: "tcp", U: "udp", S: "sctp" };
const methods: Readonly<Record<string, ForwardingMethod>> = { M: "masq", L: "local", T: "tunnel", R: "route", F: "fullnat" };

/** Where IPVS lists services and servers. */
export const SERVERS = "/proc/net/ip_vs";

/** The servers of a table's services as the file has them; undefined where it can't be read: netlink has them too. */
export function readServerLines(path: string, table: ServiceTable): ServerLines | undefined {
  try {
    return new ServerLines(path, table);
  } catch {
    return undefined;
  }
}

/**
 * What /proc/net/ip_vs says of the servers of a table's services: all of them in
 * one pass, where netlink takes a dump for each service. It has no thresholds,
 * tunnels and counters, and no family of a mark. The kernel lists services there in
 * the order of its dump; from the first on that is not the same, nothing is known.
 */
class ServerLines implements PlainServers {
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the servers of a service begin; 0 where that is not known. */
  readonly #starts: Int32Array;
  readonly #places: ServerPlace[] = [];
  readonly #lists: ServerEntry[][] = [];
  readonly #address = new AddressPlace();
  readonly #key = new Int32Array(SERVICE_WORDS);
  #at = 0;
  #sound = true;

  /** Throws what reading the file throws. */
  constructor(path: string, { words, length }: ServiceTable) {
    this.#starts = new Int32Array(length);
    this.#read(path);
    for (let line = 0; line < HEADER_LINES; line++) this.#skipLine();
    for (let service = 0; service < length && this.#is(words, service); service++) {
      this.#skipLine();
      if (!hasMark(words, service)) this.#starts[service] = this.#at;
      while (this.#bytes[this.#at] === BLANK) this.#skipLine();
    }
  }

  of(services: readonly number[]): ReadonlyArray<ServerEntry[]> | undefined {
    this.#sound = true;
    this.#lists.length = services.length;
    let used = 0;
    for (let index = 0; index < services.length; index++) {
      this.#at = this.#starts[services[index]!]!;
      if (this.#at === 0) return undefined;
      const list = (this.#lists[index] ??= []);
      list.length = 0;
      while (this.#bytes[this.#at] === BLANK && this.#sound) {
        const place = (this.#places[used++] ??= new ServerPlace());
        list.push(this.#server(place));
      }
    }
    return this.#sound ? this.#lists : undefined;
  }

  #read(path: string): void {
    let length = 0;
    for (const part of lines([path])) {
      if (length + part.length > this.#bytes.length) {
        const larger = Buffer.allocUnsafe(2 * (length + part.length));
        this.#bytes.copy(larger, 0, 0, length);
        this.#bytes = larger;
      }
      this.#bytes.set(part, length);
      length += part.length;
    }
    this.#bytes = this.#bytes.subarray(0, length);
  }

  /** Does the line describe the service? */
  #is(words: Int32Array, service: number): boolean {
    const first = service * SERVICE_WORDS;
    const letter = String.fromCharCode(this.#bytes[this.#at] ?? BLANK);
    if (hasMark(words, service)) return letter === "F" && this.#mark() === words[first + 1];
    const protocol = protocols[letter];
    if (protocol === undefined) return false;
    this.#at += INDENT;
    const key: ServiceKey = { kind: "address", protocol, address: this.#endpoint(this.#address), port: this.#port() };
    serviceWords(key, this.#key, 0);
    for (let i = 0; i < SERVICE_WORDS; i++) if (words[first + i] !== this.#key[i]) return false;
    return this.#sound;
  }

  /** A mark of eight digits, as a word. */
  #mark(): number {
    const start = this.#at + INDENT;
    return (hexadecimal(this.#bytes, start, start + 4) << 16) | hexadecimal(this.#bytes, start + 4, start + 8);
  }

  #server(place: ServerPlace): ServerEntry {
    const { entry } = place;
    this.#at += INDENT;
    entry.address = this.#endpoint(place.address);
    entry.port = this.#port();
    entry.method = this.#method();
    entry.weight = this.#number();
    entry.active = this.#number();
    entry.inactive = this.#number();
    this.#skipLine();
    return entry;
  }

  /** An IPv6 address is in brackets. */
  #endpoint(place: AddressPlace): IpAddress {
    const six = this.#bytes[this.#at] === BRACKET;
    const address = place.of(six ? "ipv6" : "ipv4");
    const start = six ? this.#at + 1 : this.#at;
    this.#at = start + (six ? IPV6_LENGTH + 1 : IPV4_LENGTH);
    if (!hexadecimalAddress(this.#bytes, start, address.bytes) || this.#bytes[this.#at] !== COLON) this.#sound = false;
    return address;
  }

  #port(): number {
    const start = this.#at + 1;
    this.#at = start + 4;
    const port = hexadecimal(this.#bytes, start, this.#at);
    if (port < 0) this.#sound = false;
    return port;
  }

  #method(): ForwardingMethod {
    this.#skipBlanks();
    const method = methods[String.fromCharCode(this.#bytes[this.#at] ?? BLANK)];
    if (method === undefined) this.#sound = false;
    while (this.#bytes[this.#at]! > BLANK) this.#at++;
    return method ?? "masq";
  }

  #number(): number {
    this.#skipBlanks();
    const start = this.#at;
    let value = 0;
    for (let code = this.#bytes[start]!; code >= ZERO && code <= NINE; code = this.#bytes[++this.#at]!) value = value * 10 + code - ZERO;
    if (this.#at === start) this.#sound = false;
    return value;
  }

  #skipBlanks(): void {
    while (this.#bytes[this.#at] === BLANK) this.#at++;
  }

  #skipLine(): void {
    const end = this.#bytes.indexOf(NEWLINE, this.#at);
    this.#at = end < 0 ? this.#bytes.length : end + 1;
  }
}

/** Where servers are read into, each over the one before. */
class ServerPlace {
  readonly address = new AddressPlace();
  readonly entry = blankServer(this.address.of("ipv4"));
}
