// SPDX-License-Identifier: GPL-2.0-only
import { type Exchange, NetlinkError, resolveFamily } from "../netlink/index.js";

/** Finds a family's number; throws when the kernel has none. */
export type Resolve = (exchange: Exchange, name: string) => Promise<number>;

/** Resolves a name with the kernel and nothing else. */
export const plainResolve: Resolve = async (exchange, name) => {
  const id = await resolveFamily(exchange, name);
  if (id === undefined) throw new NetlinkError("ENOENT", `the kernel has no netlink family ${name}`);
  return id;
};

/** The numbers of families, which the kernel is asked for once. */
export class FamilyNumbers {
  readonly #resolve: Resolve;
  readonly #known = new Map<string, number>();

  constructor(resolve: Resolve) {
    this.#resolve = resolve;
  }

  /** The number when the kernel was asked before. */
  known(name: string): number | undefined {
    return this.#known.get(name);
  }

  async find(exchange: Exchange, name: string): Promise<number> {
    let id = this.#known.get(name);
    if (id === undefined) {
      id = await this.#resolve(exchange, name);
      this.#known.set(name, id);
    }
    return id;
  }
}
