// SPDX-License-Identifier: GPL-2.0-only

/**
 * A generic-netlink socket to the kernel. Both calls may work at once or
 * later, as the implementation does; failures are a NetlinkError.
 */
export interface Transport {
  /** One datagram, of one or more messages, to the kernel. */
  send(datagram: Uint8Array): void | Promise<void>;
  /**
   * The next datagram from the kernel, valid until the next call. Codes:
   * ENOBUFS when the kernel had to drop datagrams, EINTR when a signal came,
   * ETIMEDOUT when none came within the transport's bound.
   */
  receive(): Uint8Array | Promise<Uint8Array>;
  /**
   * Where there is a faster way to carry out many dumps: sends these requests
   * one after the other, each when the one before is answered to its end, as
   * long as there is room for the answers. Returns the answers, which end
   * inside of a dump only when that alone is longer than the room; the rest of
   * it is then received. Valid until the next call; codes are those of receive().
   */
  dumps?(requests: Uint8Array): Uint8Array;
  close(): void;
}

/** Opens a new socket; throws or rejects with a NetlinkError. */
export type OpenTransport = () => Transport | Promise<Transport>;

/** Milliseconds that a transport waits for the kernel: it may load modules before it answers. */
export const RECEIVE_TIMEOUT = 60_000;
