// SPDX-License-Identifier: GPL-2.0-only
import type { Family } from "../model/address.js";
import type { ServerEntry } from "../model/server.js";
import type { Reply } from "../netlink/index.js";
import { ServerPlace } from "./server-codec.js";
import type { Lists } from "./session.js";

/** Servers of some services, a list for each. fill() forgets them, and uses lists and entries again. */
export class ServerLists implements Lists {
  readonly #places: ServerPlace[] = [];
  readonly #lists: ServerEntry[][] = [];
  #used = 0;
  #families: readonly Family[] = [];
  #counters = true;

  /** `families` are those of the services. */
  fill(families: readonly Family[], counters: boolean): void {
    this.#families = families;
    this.#counters = counters;
    this.#used = 0;
  }

  /** The lists of the services that fill() was told of. */
  get lists(): ReadonlyArray<ServerEntry[]> {
    this.#lists.length = this.#families.length;
    return this.#lists;
  }

  begin(index: number): void {
    const list = this.#lists[index];
    if (list === undefined) this.#lists[index] = [];
    else list.length = 0;
  }

  take(index: number, reply: Reply): void {
    const place = (this.#places[this.#used++] ??= new ServerPlace());
    this.#lists[index]!.push(place.read(reply, this.#families[index]!, this.#counters));
  }
}
