// SPDX-License-Identifier: GPL-2.0-only
import type { ServiceEntry } from "../model/service.js";
import { SERVICE_WORDS, serviceWords } from "../model/key-words.js";
import type { Reply } from "../netlink/index.js";
import type { ServiceTable } from "./client.js";
import { ServicePlace } from "./service-codec.js";

/** Services of one dump as the kernel's bytes: ten thousand entries would be as many objects to collect. */
export class ReplyTable implements ServiceTable {
  readonly #counters: boolean;
  readonly #datagrams: Uint8Array[] = [];
  /** Of each service: its datagram, and where its attributes begin and end there. */
  readonly #replies: number[] = [];
  readonly #places: ServicePlace[] = [];
  #words = new Int32Array(64 * SERVICE_WORDS);

  constructor(counters: boolean) {
    this.#counters = counters;
  }

  get length(): number {
    return this.#replies.length / 3;
  }

  get words(): Int32Array {
    return this.#words;
  }

  /** Takes the replies of a datagram. Throws EBADMSG. */
  add(replies: readonly Reply[]): void {
    const [first] = replies;
    if (first === undefined) return;
    const place = this.#place(0);
    const datagram = first.bytes.slice();
    this.#datagrams.push(datagram);
    for (const { attributesStart, end } of replies) {
      const service = this.length;
      this.#replies.push(this.#datagrams.length - 1, attributesStart, end);
      if ((service + 1) * SERVICE_WORDS > this.#words.length) this.#grow();
      serviceWords(place.read(datagram, attributesStart, end, this.#counters).key, this.#words, service);
    }
  }

  entries(services: readonly number[], reuse: boolean): readonly ServiceEntry[] {
    const entries: ServiceEntry[] = [];
    for (const service of services) {
      const at = 3 * service;
      const place = reuse ? this.#place(entries.length) : new ServicePlace();
      const datagram = this.#datagrams[this.#replies[at]!]!;
      entries.push(place.read(datagram, this.#replies[at + 1]!, this.#replies[at + 2]!, this.#counters));
    }
    return entries;
  }

  #place(number: number): ServicePlace {
    return (this.#places[number] ??= new ServicePlace());
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.#words.length);
    larger.set(this.#words);
    this.#words = larger;
  }
}
