// SPDX-License-Identifier: GPL-2.0-only
import {
  AttributeEncoder,
  type AttributeSet,
  BATCH_LIMIT,
  Exchange,
  NetlinkError,
  type OpenTransport,
  type Reply,
  Requests,
  resolveFamily,
  type Values,
  writeValues,
} from "../netlink/index.js";

import type { Batch } from "./client.js";
import { withOperation } from "./error.js";
import type { Operation } from "./strerror.js";

/** A generic-netlink family: its name and version, and the attributes of its requests. */
export interface FamilyTable<S extends AttributeSet> {
  readonly name: string;
  readonly version: number;
  readonly attributes: S;
}

/** A request to a family whose number is not looked up yet. */
export interface Call {
  readonly family: Pick<FamilyTable<AttributeSet>, "name" | "version">;
  readonly command: number;
  readonly attributes: Uint8Array;
}

/** Writes a request's attributes. */
export type Write = (encoder: AttributeEncoder) => void;

/** What a request to a family says: values of its attributes, or what writes them. */
export type Body<S extends AttributeSet> = Values<S> | Write;

/** A body as what writes it. */
export function writer<S extends AttributeSet>(family: FamilyTable<S>, body: Body<S>): Write {
  return typeof body === "function" ? body : (encoder) => writeValues(encoder, family.attributes, body);
}

/** A request to `family`. Throws a NetlinkError EINVAL for a value that has no place on the wire. */
export function call<S extends AttributeSet>(family: FamilyTable<S>, command: number, body: Body<S>): Call {
  const encoder = new AttributeEncoder();
  writer(family, body)(encoder);
  return { family, command, attributes: encoder.finish() };
}

/** Told of a change that failed, by its number since gather(), from 0. */
export type Refused = (number: number, error: unknown) => void;

/** Told how a change ended: undefined is success. */
type Settle = (error: unknown) => void;

/** Changes that wait to be sent, and who asked for them. */
class Queue {
  readonly requests = new Requests();
  readonly families: string[] = [];
  readonly settle: Settle[] = [];
}

/** The one promise of all changes whose failures somebody is told of. */
const TOLD = Promise.resolve();

/** Most changes that wait to be sent: bounds memory, not the kernel's queue. */
const QUEUE_LIMIT = 16 * BATCH_LIMIT;

/** How often a dump is read anew when it was interrupted or lost. */
const DUMP_ATTEMPTS = 8;

/** Finds a family's number; throws when the kernel has none. */
export type Resolve = (exchange: Exchange, name: string) => Promise<number>;

/** Resolves a name with the kernel and nothing else. */
export const plainResolve: Resolve = async (exchange, name) => {
  const id = await resolveFamily(exchange, name);
  if (id === undefined) throw new NetlinkError("ENOENT", `the kernel has no netlink family ${name}`);
  return id;
};

/**
 * One socket and what is asked over it, one exchange at a time. A socket on
 * which anything went wrong is not used again: the next exchange opens another.
 */
export class Session {
  readonly #open: OpenTransport;
  readonly #resolve: Resolve;
  readonly #families = new Map<string, number>();
  #exchange: Exchange | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #queue = new Queue();
  #gathering = false;
  #told: Refused | undefined;
  #changes = 0;

  constructor(open: OpenTransport, resolve: Resolve = plainResolve) {
    this.#open = open;
    this.#resolve = resolve;
  }

  /** The replies to one request. */
  query(asked: Call): Promise<readonly Reply[]> {
    return this.#inTurn(async (exchange) => exchange.request(await this.#request(exchange, asked)));
  }

  /** Everything that a dump lists, read again as long as it came out inconsistent or incomplete. */
  async list<T>(asked: Call, read: (reply: Reply) => T): Promise<readonly T[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#inTurn(async (exchange) => collect(exchange, await this.#request(exchange, asked), read));
      } catch (error) {
        const again = error instanceof NetlinkError && !error.refused && error.code === "ENOBUFS";
        if (!(again || error instanceof Interrupted) || attempt === DUMP_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * The replies of a dump, a datagram's worth at a time, valid until the next
   * is asked for, over a socket of its own. A table that changes meanwhile is
   * no error here.
   */
  async *stream(asked: Call): AsyncGenerator<readonly Reply[]> {
    const request = await this.#inTurn((exchange) => this.#request(exchange, asked));
    const exchange = new Exchange(await this.#open());
    try {
      yield* exchange.dump(request);
    } finally {
      exchange.close();
    }
  }

  /**
   * Queues a request that changes something, with the attributes that `write`
   * writes. Rejects with what it could not be carried out for, as `operation`
   * met it, unless gather() has someone who is told of that.
   */
  change(operation: Operation, family: Pick<FamilyTable<AttributeSet>, "name" | "version">, command: number, write: Write): Promise<void> {
    const told = this.#told;
    if (told === undefined) {
      return new Promise((resolve, reject) => {
        this.#enqueue(family, command, write, (error) => {
          if (error === undefined) resolve();
          else reject(withOperation(operation, error));
        });
      });
    }
    const number = this.#changes++;
    this.#enqueue(family, command, write, (error) => {
      if (error !== undefined) told(number, withOperation(operation, error));
    });
    return TOLD;
  }

  /**
   * From now on changes wait until QUEUE_LIMIT of them are there, or for
   * commit(). With `told` they all return the one promise `queued`, which does
   * not wait, and what fails is told to it before commit() resolves: bulk work
   * has a promise for all of its changes, not for each.
   */
  gather(told?: Refused): Batch {
    this.#gathering = true;
    this.#told = told;
    this.#changes = 0;
    const count = () => this.#changes;
    return {
      queued: TOLD,
      get count() {
        return count();
      },
      commit: () => {
        this.#gathering = false;
        this.#told = undefined;
        return this.#flush();
      },
    };
  }

  close(): void {
    this.#exchange?.close();
    this.#exchange = undefined;
  }

  #enqueue({ name, version }: Pick<FamilyTable<AttributeSet>, "name" | "version">, command: number, write: Write, settle: Settle): void {
    const queue = this.#queue;
    try {
      queue.requests.add(command, version, write);
    } catch (error) {
      // Not before the caller knows that it has asked.
      queueMicrotask(() => settle(error));
      return;
    }
    queue.families.push(name);
    queue.settle.push(settle);
    if (!this.#gathering || queue.settle.length >= QUEUE_LIMIT) void this.#flush();
  }

  /** Sends what is queued, and resolves when all of it is answered. */
  async #flush(): Promise<void> {
    const queue = this.#queue;
    this.#queue = new Queue();
    for (let first = 0; first < queue.settle.length; first += BATCH_LIMIT) {
      const end = Math.min(first + BATCH_LIMIT, queue.settle.length);
      const sent = this.#inTurn((exchange) => this.#send(exchange, queue, first, end));
      void sent.catch((error: unknown) => queue.settle.slice(first, end).forEach((settle) => settle(error)));
    }
    await this.#turn;
  }

  /** Sends the queue's changes from `first` to before `end`; those whose family the kernel lacks are settled without. */
  async #send(exchange: Exchange, queue: Queue, first: number, end: number): Promise<void> {
    const errors = new Map<number, unknown>();
    const families: Array<number | undefined> = [];
    for (let index = first; index < end; index++) {
      const name = queue.families[index]!;
      let family = this.#families.get(name);
      try {
        family ??= await this.#family(exchange, name);
      } catch (error) {
        if (error instanceof NetlinkError && !error.refused) throw error;
        errors.set(index, error);
      }
      families.push(family);
    }
    const outcomes = await exchange.batch(queue.requests, first, families);
    for (let index = first; index < end; index++) queue.settle[index]!(errors.get(index) ?? outcomes[index - first]);
  }

  async #request(exchange: Exchange, { family, command, attributes }: Call): Promise<Parameters<Exchange["request"]>[0]> {
    return { family: await this.#family(exchange, family.name), command, version: family.version, attributes };
  }

  /** The number of a family, which the kernel is asked for once. */
  async #family(exchange: Exchange, name: string): Promise<number> {
    let id = this.#families.get(name);
    if (id === undefined) {
      id = await this.#resolve(exchange, name);
      this.#families.set(name, id);
    }
    return id;
  }

  /** Runs `work` when all that was asked before is done. */
  #inTurn<T>(work: (exchange: Exchange) => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => {
      try {
        this.#exchange ??= new Exchange(await this.#open());
        return await work(this.#exchange);
      } catch (error) {
        if (!(error instanceof NetlinkError && error.refused)) this.close();
        throw error;
      }
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** A dump whose table changed while it was read, as often as it was tried. */
class Interrupted extends NetlinkError {
  constructor() {
    super("EAGAIN", "the kernel's tables keep changing while they are read");
  }
}

async function collect<T>(exchange: Exchange, request: Parameters<Exchange["dump"]>[0], read: (reply: Reply) => T): Promise<T[]> {
  const items: T[] = [];
  const dump = exchange.dump(request);
  for (let step = await dump.next(); ; step = await dump.next()) {
    if (step.done === true) {
      if (step.value) throw new Interrupted();
      return items;
    }
    for (const reply of step.value) items.push(read(reply));
  }
}
