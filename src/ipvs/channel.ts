// SPDX-License-Identifier: GPL-2.0-only
import { type AttributeSet, decode, type Reply, type Values } from "../netlink/index.js";
import { withOperation } from "./error.js";
import { type Body, call, type FamilyTable, type WriteOne, writer } from "./request.js";
import type { Gathered, Lists, Session } from "./session.js";
import type { Operation } from "./strerror.js";
import { required } from "./wire.js";

/** What is asked of one family over a session; a refusal rejects with the IpvsError of its operation. */
export class Channel<S extends AttributeSet> {
  readonly #session: Session;
  readonly #family: FamilyTable<S>;

  constructor(session: Session, family: FamilyTable<S>) {
    this.#session = session;
    this.#family = family;
  }

  /** The first reply to a request, decoded by the table `reply` and read. */
  get<R extends AttributeSet, T>(
    operation: Operation,
    command: number,
    body: Body<S>,
    reply: R,
    read: (values: Values<R>) => T,
  ): Promise<T> {
    return this.first(operation, command, body, ({ attributes }) => read(decode(reply, attributes)));
  }

  /** The first reply to a request, read. */
  first<T>(operation: Operation, command: number, body: Body<S>, read: (reply: Reply) => T): Promise<T> {
    return checked(operation, async () => {
      const [first] = await this.#session.query(call(this.#family, command, body));
      return read(required(first, "reply"));
    });
  }

  /** All that a dump lists, added to what `begin` makes, a datagram's worth at a time. */
  gather<T extends Gathered>(operation: Operation, command: number, body: Body<S>, begin: () => T): Promise<T> {
    return checked(operation, () => this.#session.gather(call(this.#family, command, body), begin));
  }

  /** All that a dump lists. */
  list<T>(operation: Operation, command: number, body: Body<S>, read: (values: Values<S>) => T): Promise<readonly T[]> {
    return checked(operation, () => this.#session.list(call(this.#family, command, body), this.#reader(read)));
  }

  /** What `count` dumps list, into their lists. */
  dumpEach(operation: Operation, command: number, count: number, write: WriteOne, lists: Lists): Promise<void> {
    return checked(operation, () => this.#session.dumpEach(this.#family, command, count, write, lists));
  }

  /** The replies of a dump, some at a time as they come. */
  async *stream(operation: Operation, command: number): AsyncGenerator<readonly Reply[]> {
    try {
      yield* this.#session.stream(call(this.#family, command, {}));
    } catch (error) {
      throw withOperation(operation, error);
    }
  }

  /** A request that changes something. */
  change(operation: Operation, command: number, body: Body<S>): Promise<void> {
    return this.#session.changes.add(operation, this.#family, command, writer(this.#family, body));
  }

  #reader<T>(read: (values: Values<S>) => T): (reply: Reply) => T {
    return ({ attributes }) => read(decode(this.#family.attributes, attributes));
  }
}

async function checked<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withOperation(operation, error);
  }
}
