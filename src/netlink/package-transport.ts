// SPDX-License-Identifier: GPL-2.0-only
import type { RawNetlinkSocket } from "netlink/dist/raw.js";
import { NETLINK_GENERIC } from "./constants.js";
import { NetlinkError, socketError } from "./error.js";
import { RECEIVE_TIMEOUT, type Transport } from "./transport.js";

/** The kernel fits a dump to the reader's buffer; larger ones are zeroed for every datagram. */
const BUFFER_LENGTH = 8192;

/** What this transport uses of the package's socket. */
export type PackageSocket = Pick<RawNetlinkSocket, "on" | "send" | "close" | "ref" | "unref">;

interface Waiter {
  readonly resolve: (datagram: Uint8Array) => void;
  readonly reject: (error: NetlinkError) => void;
}

/**
 * A socket of the `netlink` package. It asks for no extended acks, and a
 * receive overrun ends the process, so no more than a batch's requests may
 * be unanswered.
 */
export class PackageTransport implements Transport {
  readonly #socket: PackageSocket;
  readonly #timeout: number;
  readonly #arrived: Uint8Array[] = [];
  #waiter: Waiter | undefined;
  #failure: NetlinkError | undefined;
  #pending = 0;
  #closed = false;

  constructor(socket: PackageSocket, timeout = RECEIVE_TIMEOUT) {
    this.#socket = socket;
    this.#timeout = timeout;
    socket.on("message", (datagram, { port }) => {
      if (port === 0) this.#deliver(datagram);
    });
    socket.on("truncatedMessage", () => this.#fail(socketError("receive", "EMSGSIZE")));
    socket.on("error", ({ code }) => this.#fail(socketError("receive", code)));
    socket.unref();
  }

  send(datagram: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new NetlinkError("EBADF", "the netlink socket is closed"));
    const sent = new Promise<void>((resolve, reject) => {
      this.#socket.send(datagram, {}, (error) => {
        if (error === undefined) resolve();
        else reject(socketError("send", error.code));
      });
    });
    return this.#holding(sent);
  }

  async receive(): Promise<Uint8Array> {
    const datagram = this.#arrived.shift();
    if (datagram !== undefined) return datagram;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) throw new NetlinkError("EBADF", "the netlink socket is closed");
    const timer = setTimeout(
      () => this.#fail(socketError("receive", "ETIMEDOUT")),
      this.#timeout,
    );
    const next = new Promise<Uint8Array>((resolve, reject) => (this.#waiter = { resolve, reject }));
    return this.#holding(next.finally(() => clearTimeout(timer)));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#fail(new NetlinkError("EBADF", "the netlink socket is closed"));
  }

  /** Keeps the process alive until `work` is done: it must not end while a send is queued. */
  async #holding<T>(work: Promise<T>): Promise<T> {
    if (this.#pending++ === 0) this.#socket.ref();
    try {
      return await work;
    } finally {
      if (--this.#pending === 0 && !this.#closed) this.#socket.unref();
    }
  }

  #deliver(datagram: Uint8Array): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter === undefined) this.#arrived.push(datagram);
    else waiter.resolve(datagram);
  }

  /** Fails the receive under way, or the next one. */
  #fail(error: NetlinkError): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter === undefined) this.#failure ??= error;
    else waiter.reject(error);
  }
}

/** Opens a socket of the package, which is loaded now: it costs a start-up nothing when it is not used. */
export async function openPackageTransport(): Promise<PackageTransport> {
  const { RawNetlinkSocket: Socket } = await import("netlink/dist/raw.js");
  const options = { messagePeeking: false, msgBufferSize: BUFFER_LENGTH, recvBufferSize: 0, sendBufferSize: 0 };
  return new PackageTransport(new Socket(NETLINK_GENERIC, options));
}
