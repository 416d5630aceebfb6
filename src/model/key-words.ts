// SPDX-License-Identifier: GPL-2.0-only
// Keys as words, for sorting many: how many words are compared, these words
// in ipvsadm's order, room for more, and the port.
import type { IpAddress } from "./address.js";
import type { Protocol, ServiceKey } from "./service.js";

/** Words of a service: 7, its mark, the bytes of an address, protocol, four of the address, port. */
export const SERVICE_WORDS = 9;
/** Words of a real server: 1 or 4, four of the address, port. */
export const SERVER_WORDS = 6;

const protocolNumbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** Puts the words of service number `service` in their place. An IPv4 address is the first of its four words. */
export function serviceWords(key: ServiceKey, words: Int32Array, service: number): void {
  const at = service * SERVICE_WORDS;
  words[at] = 7;
  if (key.kind === "fwmark") {
    words[at + 1] = key.fwmark;
    words[at + 2] = key.family === "ipv6" ? 16 : 4;
    words.fill(0, at + 3, at + SERVICE_WORDS);
    return;
  }
  words[at + 1] = 0;
  words[at + 2] = key.address.bytes.length;
  words[at + 3] = protocolNumbers[key.protocol];
  addressWords(key.address, words, at + 4);
  words[at + 8] = key.port;
}

/** Is it a service of a firewall mark? */
export const hasMark = (words: Int32Array, service: number): boolean => words[service * SERVICE_WORDS + 1] !== 0;

/** Puts the words of server number `server` in their place: of an IPv4 address, ipvsadm compares the first alone. */
export function serverWords(address: IpAddress, port: number, words: Int32Array, server: number): void {
  const at = server * SERVER_WORDS;
  words[at] = address.bytes.length / 4;
  addressWords(address, words, at + 1);
  words[at + 5] = port;
}

function addressWords({ bytes }: IpAddress, words: Int32Array, at: number): void {
  const count = bytes.length / 4;
  for (let i = 0; i < 4; i++) words[at + i] = i < count ? word(bytes, 4 * i) : 0;
}

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
