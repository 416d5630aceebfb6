// SPDX-License-Identifier: GPL-2.0-only
import { BATCH_LIMIT, type Exchange, NetlinkError, Requests } from "../netlink/index.js";
import type { Batch } from "./client.js";
import { withOperation } from "./error.js";
import type { FamilyNumbers } from "./family-numbers.js";
import type { FamilyName, Write } from "./request.js";
import type { SharedExchange } from "./shared-exchange.js";
import type { Operation } from "./strerror.js";

/** Told of a change that failed, by its number since gather(), from 0. */
export type Refused = (number: number, error: unknown) => void;

/** Told how a change ended: undefined is success. */
type Settle = (error: unknown) => void;

/** Changes that wait to be sent, and who asked for them. */
class Queue {
  readonly requests = new Requests();
  readonly families: string[] = [];
  readonly settle: Settle[] = [];

  clear(): void {
    this.requests.clear();
    this.families.length = this.settle.length = 0;
  }
}

/** The one promise of all changes whose failures somebody is told of. */
const TOLD = Promise.resolve();

/** Most changes that wait to be sent: bounds memory, not the kernel's queue. */
const QUEUE_LIMIT = 16 * BATCH_LIMIT;

/** Requests that change something, sent one by one or many together. */
export class Changes {
  readonly #shared: SharedExchange;
  readonly #families: FamilyNumbers;
  #queue = new Queue();
  /** A queue that was sent and is empty again. */
  #spare: Queue | undefined;
  #gathering = false;
  #told: Refused | undefined;
  #count = 0;

  constructor(shared: SharedExchange, families: FamilyNumbers) {
    this.#shared = shared;
    this.#families = families;
  }

  /**
   * Queues a request with the attributes that `write` writes. Rejects with what
   * it could not be carried out for, as `operation` met it, unless gather() has
   * someone who is told of that.
   */
  add(operation: Operation, family: FamilyName, command: number, write: Write): Promise<void> {
    const told = this.#told;
    const number = this.#count++;
    if (told !== undefined) {
      this.#enqueue(family, command, write, (error) => {
        if (error !== undefined) told(number, withOperation(operation, error));
      });
      return TOLD;
    }
    return new Promise((resolve, reject) => {
      this.#enqueue(family, command, write, (error) => {
        if (error === undefined) resolve();
        else reject(withOperation(operation, error));
      });
    });
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
    this.#count = 0;
    const count = () => this.#count;
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

  #enqueue({ name, version }: FamilyName, command: number, write: Write, settle: Settle): void {
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

  /** Sends what is queued, and resolves when all that was asked is answered. */
  async #flush(): Promise<void> {
    const queue = this.#queue;
    this.#queue = this.#spare ?? new Queue();
    this.#spare = undefined;
    const sent: Promise<void>[] = [];
    for (let first = 0; first < queue.settle.length; first += BATCH_LIMIT) {
      const end = Math.min(first + BATCH_LIMIT, queue.settle.length);
      const part = this.#shared.inTurn((exchange) => this.#send(exchange, queue, first, end));
      sent.push(part.catch((error: unknown) => queue.settle.slice(first, end).forEach((settle) => settle(error))));
    }
    await Promise.all(sent);
    queue.clear();
    this.#spare = queue;
    await this.#shared.idle();
  }

  /** Sends the queue's changes from `first` to before `end`; those whose family the kernel lacks are settled without. */
  async #send(exchange: Exchange, queue: Queue, first: number, end: number): Promise<void> {
    const errors = new Map<number, unknown>();
    const families: Array<number | undefined> = [];
    for (let index = first; index < end; index++) {
      const name = queue.families[index]!;
      let family = this.#families.known(name);
      try {
        family ??= await this.#families.find(exchange, name);
      } catch (error) {
        if (error instanceof NetlinkError && !error.refused) throw error;
        errors.set(index, error);
      }
      families.push(family);
    }
    const outcomes = await exchange.batch(queue.requests, first, families);
    for (let index = first; index < end; index++) queue.settle[index]!(errors.get(index) ?? outcomes[index - first]);
  }
}
