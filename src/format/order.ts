// SPDX-License-Identifier: GPL-2.0-only
import { SERVER_WORDS, serverWords, SERVICE_WORDS } from "../model/key-words.js";
import type { Server } from "../model/server.js";

/**
 * Sorts numbers of keys into ipvsadm's order. It compares by differences that
 * overflow an int, so that its comparisons contradict each other; the order is
 * then that of the C library's qsort, a merge sort that halves from the front.
 */
class Sorter {
  readonly #size: number;
  #words: Int32Array = new Int32Array(0);
  #order = new Int32Array(16);
  #spare = new Int32Array(16);

  /** `size` is how many words a key has: see key-words.ts. */
  constructor(size: number) {
    this.#size = size;
  }

  /** The numbers of the first `count` keys, in order; valid until the next call. */
  sorted(words: Int32Array, count: number): Int32Array {
    this.#words = words;
    this.#number(count);
    this.#sort(0, count);
    return this.#order;
  }

  /** Apart from sorted(): V8 would enter code that it compiled for a long loop in short ones, and leave it behind each. */
  #number(count: number): void {
    if (this.#order.length < count) {
      this.#order = new Int32Array(2 * count);
      this.#spare = new Int32Array(2 * count);
    }
    const order = this.#order;
    for (let i = 0; i < count; i++) order[i] = i;
  }

  #sort(first: number, count: number): void {
    if (count < 2) return;
    const half = count >> 1;
    this.#sort(first, half);
    this.#sort(first + half, count - half);
    const order = this.#order;
    const spare = this.#spare;
    for (let i = 0; i < half; i++) spare[i] = order[first + i]!;
    const end = first + count;
    let front = 0;
    let back = first + half;
    for (let at = first; front < half; ) {
      const behind = back < end && this.#compare(spare[front]!, order[back]!) > 0;
      order[at++] = behind ? order[back++]! : spare[front++]!;
    }
  }

  /** As many words as the first has. */
  #compare(a: number, b: number): number {
    const words = this.#words;
    const size = this.#size;
    const last = words[a * size]!;
    for (let i = 1; i <= last; i++) {
      const difference = (words[a * size + i]! - words[b * size + i]!) | 0;
      if (difference !== 0) return difference;
    }
    return words[a * size + size - 1]! - words[b * size + size - 1]!;
  }
}

const services = new Sorter(SERVICE_WORDS);
const servers = new Sorter(SERVER_WORDS);
let serversWords = new Int32Array(0);

/** The numbers of `count` services with these keys (see serviceWords()), in the order of ipvsadm's listing. */
export function serviceOrder(words: Int32Array, count: number): number[] {
  return Array.from(services.sorted(words, count).subarray(0, count));
}

/** Puts real servers of a service in the order of ipvsadm's listing. */
export function sortServers(list: Pick<Server, "address" | "port">[]): void {
  const count = list.length;
  if (count < 2) return;
  if (serversWords.length < count * SERVER_WORDS) serversWords = new Int32Array(2 * count * SERVER_WORDS);
  for (let i = 0; i < count; i++) serverWords(list[i]!.address, list[i]!.port, serversWords, i);
  const order = servers.sorted(serversWords, count);
  const unsorted = list.slice();
  for (let i = 0; i < count; i++) list[i] = unsorted[order[i]!]!;
}
