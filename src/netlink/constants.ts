// SPDX-License-Identifier: GPL-2.0-only
// Numbers of the kernel's linux/netlink.h and linux/genetlink.h.

export const NETLINK_GENERIC = 16;

/** Length of struct nlmsghdr and of struct genlmsghdr, bytes. */
export const HEADER_LENGTH = 16;
export const GENL_HEADER_LENGTH = 4;

export const messageType = { noop: 1, error: 2, done: 3, overrun: 4, genlControl: 16 } as const;

export const messageFlag = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  dumpInterrupted: 0x10,
  /** NLM_F_ROOT | NLM_F_MATCH */
  dump: 0x300,
  /** In acknowledgements: the request's payload was left out. */
  capped: 0x100,
  /** In acknowledgements: attributes follow. */
  ackAttributes: 0x200,
} as const;

export const NESTED = 0x8000;
/** Attribute type without the bits for nested and byte order. */
export const ATTRIBUTE_TYPE_MASK = 0x3fff;

/** True where the host, and so netlink, is little-endian. */
export const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** `length` rounded up to netlink's alignment of 4 bytes. */
export const align = (length: number): number => (length + 3) & ~3;

/** Numbers in the host's byte order, wherever they lie: a DataView of each datagram would cost more than its numbers. */
export const hostU16 = (bytes: Uint8Array, at: number): number => {
  const first = bytes[at]!;
  const second = bytes[at + 1]!;
  return LITTLE_ENDIAN ? (second << 8) | first : (first << 8) | second;
};

export const hostU32 = (bytes: Uint8Array, at: number): number => {
  const first = hostU16(bytes, at);
  const second = hostU16(bytes, at + 2);
  return LITTLE_ENDIAN ? second * 65_536 + first : first * 65_536 + second;
};
