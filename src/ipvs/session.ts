// SPDX-License-Identifier: GPL-2.0-only
import { type Exchange, NetlinkError, type OpenTransport, type Reply, type Request, Requests } from "../netlink/index.js";
import { Changes } from "./changes.js";
import { FamilyNumbers, plainResolve, type Resolve } from "./family-numbers.js";
import type { Call, FamilyName, WriteOne } from "./request.js";
import { SharedExchange } from "./shared-exchange.js";

/** How often a dump is read anew when it was interrupted or lost. */
const DUMP_ATTEMPTS = 8;

/** Most dumps whose requests are in memory at a time. */
const DUMPS_AT_ONCE = 1024;

/** What takes the replies of a dump, a datagram's worth at a time: they are valid until it returns. */
export interface Gathered {
  add(replies: readonly Reply[]): void;
}

/** What takes the replies of many dumps, by the number of each; begin() empties the list of one. */
export interface Lists {
  begin(index: number): void;
  take(index: number, reply: Reply): void;
}

/** What is asked of the kernel's families. */
export class Session {
  readonly changes: Changes;
  readonly #shared: SharedExchange;
  /**
   * For short lists: the kernel makes room for as much as was ever read from a
   * socket at a time, and the long lists read much.
   */
  readonly #short: SharedExchange;
  readonly #families: FamilyNumbers;

  constructor(open: OpenTransport, resolve: Resolve = plainResolve) {
    this.#shared = new SharedExchange(open);
    this.#short = new SharedExchange(open);
    this.#families = new FamilyNumbers(resolve);
    this.changes = new Changes(this.#shared, this.#families);
  }

  /** The replies to one request, which changes nothing: it is asked anew when they were lost. */
  query(asked: Call): Promise<readonly Reply[]> {
    return untilWhole(() => this.#shared.inTurn(async (exchange) => exchange.request(await this.#request(exchange, asked))));
  }

  /** Everything that a dump lists, read again as long as it came out inconsistent or incomplete. */
  async list<T>(asked: Call, read: (reply: Reply) => T): Promise<readonly T[]> {
    const { items } = await this.gather(asked, () => new Items(read));
    return items;
  }

  /** As list(), into what `begin` makes for each reading. */
  gather<T extends Gathered>(asked: Call, begin: () => T): Promise<T> {
    return untilWhole(() => this.#shared.inTurn(async (exchange) => collect(exchange, await this.#request(exchange, asked), begin())));
  }

  /** Everything that `count` dumps of one kind list, into their lists; `write` writes the request of each. */
  async dumpEach(family: FamilyName, command: number, count: number, write: WriteOne, lists: Lists): Promise<void> {
    const number = await this.#shared.inTurn((exchange) => this.#families.find(exchange, family.name));
    for (let first = 0; first < count; first += DUMPS_AT_ONCE) {
      let wanted = Array.from({ length: Math.min(DUMPS_AT_ONCE, count - first) }, (_, index) => first + index);
      for (let attempt = 1; wanted.length > 0; attempt++) {
        const requests = new Requests();
        for (const index of wanted) {
          requests.add(command, family.version, write, index);
          lists.begin(index);
        }
        wanted = await this.#dumps(requests, number, wanted, lists, attempt === DUMP_ATTEMPTS);
      }
    }
  }

  /**
   * The replies of a dump, a datagram's worth at a time, valid until the next
   * is asked for, over a socket of its own. A table that changes meanwhile is
   * no error here.
   */
  async *stream(asked: Call): AsyncGenerator<readonly Reply[]> {
    const request = await this.#shared.inTurn((exchange) => this.#request(exchange, asked));
    const exchange = await this.#shared.another();
    try {
      yield* exchange.dump(request);
    } finally {
      exchange.close();
    }
  }

  close(): void {
    this.#shared.close();
    this.#short.close();
  }

  /** Adds what `requests` list to `lists`, each to the one of its place; returns the places of those to be read again. */
  async #dumps(requests: Requests, family: number, places: readonly number[], lists: Lists, last: boolean): Promise<number[]> {
    const take = (index: number, reply: Reply) => lists.take(places[index]!, reply);
    try {
      const interrupted = await this.#short.inTurn((exchange) => exchange.dumps(requests, family, take));
      if (last && interrupted.size > 0) throw new Interrupted();
      return places.filter((_, index) => interrupted.has(index));
    } catch (error) {
      if (last || !isLost(error)) throw error;
      return [...places];
    }
  }

  async #request(exchange: Exchange, { family, command, attributes }: Call): Promise<Request> {
    return { family: await this.#families.find(exchange, family.name), command, version: family.version, attributes };
  }
}

/** A dump whose table changed while it was read, as often as it was tried. */
class Interrupted extends NetlinkError {
  constructor() {
    super("EAGAIN", "the kernel's tables keep changing while they are read");
  }
}

/** Did the kernel drop answers for want of room? */
const isLost = (error: unknown): boolean => error instanceof NetlinkError && !error.refused && error.code === "ENOBUFS";

async function untilWhole<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (!(isLost(error) || error instanceof Interrupted) || attempt === DUMP_ATTEMPTS) throw error;
    }
  }
}

async function collect<T extends Gathered>(exchange: Exchange, request: Request, gathered: T): Promise<T> {
  const dump = exchange.dump(request);
  for (let step = await dump.next(); ; step = await dump.next()) {
    if (step.done === true) {
      if (step.value) throw new Interrupted();
      return gathered;
    }
    gathered.add(step.value);
  }
}

/** Replies, each read. */
class Items<T> implements Gathered {
  readonly items: T[] = [];
  readonly #read: (reply: Reply) => T;

  constructor(read: (reply: Reply) => T) {
    this.#read = read;
  }

  add(replies: readonly Reply[]): void {
    for (const reply of replies) this.items.push(this.#read(reply));
  }
}
