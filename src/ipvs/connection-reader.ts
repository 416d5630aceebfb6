// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "../model/address.js";
import type { Connection } from "../model/flow.js";
import { malformed } from "../netlink/index.js";
import { hexadecimal, hexadecimalAddress, IPV4_LENGTH, IPV6_LENGTH } from "./hexadecimal.js";
import { AddressPlace } from "./wire.js";

const NEWLINE = 10;
const BLANK = 32;
const ZERO = 48;
const NINE = 57;
/** Stands ahead of the local address of a FULLNAT connection. */
const FULLNAT = Buffer.from(" fullnat ");
/** Most words that are remembered: there are a few protocols and states. */
const WORDS = 64;

type Written = { -readonly [Name in keyof Connection]: Connection[Name] };

/**
 * Reads lines of /proc/net/ip_vs_conn or ip_vs_conn_local, whose addresses and
 * ports are hexadecimal, all into one connection: a million lines make no garbage.
 */
export class ConnectionReader {
  readonly #places = [new AddressPlace(), new AddressPlace(), new AddressPlace(), new AddressPlace()] as const;
  readonly #words: string[] = [];
  readonly #connection: Written = {
    protocol: "",
    client: this.#places[0].of("ipv4"),
    clientPort: 0,
    virtual: this.#places[1].of("ipv4"),
    virtualPort: 0,
    server: this.#places[2].of("ipv4"),
    serverPort: 0,
    state: "",
    expires: 0,
    peName: undefined,
    peData: undefined,
    local: undefined,
    localPort: undefined,
  };
  #bytes: Uint8Array = new Uint8Array(0);
  #line = 0;
  #at = 0;

  /** Where the line behind the one that was read begins. */
  get next(): number {
    return this.#at;
  }

  /**
   * The connection of the line that begins at `start` and ends in a newline,
   * valid until the next is read. Throws EBADMSG for a line of anything else.
   */
  read(bytes: Uint8Array, start: number): Connection {
    this.#bytes = bytes;
    this.#line = this.#at = start;
    const connection = this.#connection;
    connection.protocol = this.#word();
    connection.client = this.#address(this.#places[0]);
    connection.clientPort = this.#port();
    connection.virtual = this.#address(this.#places[1]);
    connection.virtualPort = this.#port();
    connection.server = this.#address(this.#places[2]);
    connection.serverPort = this.#port();
    connection.state = this.#word();
    connection.expires = this.#seconds();
    this.#engine(connection);
    return connection;
  }

  /** Moves to the next field; returns where it ends. */
  #field(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] === BLANK) at++;
    this.#at = at;
    while (bytes[at]! > BLANK) at++;
    if (at === this.#at) this.#refuse();
    return at;
  }

  #word(): string {
    const end = this.#field();
    const start = this.#at;
    this.#at = end;
    for (const word of this.#words) if (this.#reads(word, start, end)) return word;
    const word = this.#text(start, end);
    if (this.#words.length < WORDS) this.#words.push(word);
    return word;
  }

  #reads(word: string, start: number, end: number): boolean {
    if (word.length !== end - start) return false;
    for (let i = 0; i < word.length; i++) if (word.charCodeAt(i) !== this.#bytes[start + i]) return false;
    return true;
  }

  #address(place: AddressPlace): IpAddress {
    const end = this.#field();
    const length = end - this.#at;
    if (length !== IPV4_LENGTH && length !== IPV6_LENGTH) this.#refuse();
    const address = place.of(length === IPV4_LENGTH ? "ipv4" : "ipv6");
    if (!hexadecimalAddress(this.#bytes, this.#at, address.bytes)) this.#refuse();
    this.#at = end;
    return address;
  }

  #port(): number {
    const end = this.#field();
    const value = end - this.#at > 4 ? -1 : hexadecimal(this.#bytes, this.#at, end);
    this.#at = end;
    return value < 0 ? this.#refuse() : value;
  }

  #seconds(): number {
    const end = this.#field();
    let value = 0;
    for (; this.#at < end; this.#at++) {
      const code = this.#bytes[this.#at]!;
      if (code < ZERO || code > NINE) this.#refuse();
      value = value * 10 + code - ZERO;
    }
    return value;
  }

  /** A local address, or name and data of a persistence engine, on lines that have them, and the end of the line. */
  #engine(connection: Written): void {
    connection.peName = connection.peData = connection.local = connection.localPort = undefined;
    if (this.#bytes[this.#at + 1] === FULLNAT[1] && this.#follows(FULLNAT)) {
      this.#at += FULLNAT.length;
      connection.local = this.#address(this.#places[3]);
      connection.localPort = this.#port();
    }
    if (this.#bytes[this.#at] !== NEWLINE) {
      const end = this.#bytes.indexOf(NEWLINE, this.#at);
      const text = this.#text(this.#at, end).trim();
      const [, name, data] = /^(\S+) (.*)$/.exec(text) ?? [];
      if (text !== "" && name === undefined) this.#refuse();
      connection.peName = name;
      connection.peData = data;
      this.#at = end;
    }
    this.#at++;
  }

  #follows(text: Uint8Array): boolean {
    for (let i = 0; i < text.length; i++) if (this.#bytes[this.#at + i] !== text[i]) return false;
    return true;
  }

  #text(start: number, end: number): string {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, end - start).toString("latin1");
  }

  #refuse(): never {
    const line = this.#text(this.#line, this.#bytes.indexOf(NEWLINE, this.#line));
    throw malformed(`"${line.trimEnd()}" where a connection belongs`);
  }
}
