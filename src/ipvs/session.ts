// SPDX-License-Identifier: GPL-2.0-only
import {
  type AttributeSet,
  BATCH_LIMIT,
  encode,
  Exchange,
  NetlinkError,
  type OpenTransport,
  type Reply,
  resolveFamily,
  type Values,
} from "../netlink/index.js";

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

/** A request to `family`. Throws a NetlinkError EINVAL for a value that has no place on the wire. */
export function call<S extends AttributeSet>(family: FamilyTable<S>, command: number, values: Values<S>): Call {
  return { family, command, attributes: encode(family.attributes, values) };
}

interface Waiting {
  readonly call: Call;
  readonly settle: (error?: unknown) => void;
}

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
  #queue: Waiting[] = [];
  #gathering = false;

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

  /** Queues a request that changes something; resolves when the kernel has taken it. */
  change(asked: Call): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ call: asked, settle: (error) => (error === undefined ? resolve() : reject(error)) });
      if (!this.#gathering || this.#queue.length >= BATCH_LIMIT) void this.#flush();
    });
  }

  /** From now on changes wait until BATCH_LIMIT of them are there, or for commit(). */
  gather(): { commit(): Promise<void> } {
    this.#gathering = true;
    const commit = (): Promise<void> => {
      this.#gathering = false;
      return this.#flush();
    };
    return { commit };
  }

  close(): void {
    this.#exchange?.close();
    this.#exchange = undefined;
  }

  /** Sends what is queued, and resolves when all of it is answered. */
  async #flush(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    for (let at = 0; at < batch.length; at += BATCH_LIMIT) {
      const part = batch.slice(at, at + BATCH_LIMIT);
      const sent = this.#inTurn((exchange) => this.#send(exchange, part));
      void sent.catch((error: unknown) => part.forEach(({ settle }) => settle(error)));
    }
    await this.#turn;
  }

  async #send(exchange: Exchange, part: readonly Waiting[]): Promise<void> {
    const requests = [];
    const sent: Waiting[] = [];
    for (const waiting of part) {
      try {
        requests.push(await this.#request(exchange, waiting.call));
        sent.push(waiting);
      } catch (error) {
        if (error instanceof NetlinkError && !error.refused) throw error;
        waiting.settle(error);
      }
    }
    const outcomes = await exchange.batch(requests);
    sent.forEach(({ settle }, index) => settle(outcomes[index]));
  }

  async #request(exchange: Exchange, { family, command, attributes }: Call): Promise<Parameters<Exchange["request"]>[0]> {
    let id = this.#families.get(family.name);
    if (id === undefined) {
      id = await this.#resolve(exchange, family.name);
      this.#families.set(family.name, id);
    }
    return { family: id, command, version: family.version, attributes };
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
