// SPDX-License-Identifier: GPL-2.0-only

/** Most lookups under way at a time. */
const CONCURRENCY = 32;
/** Names after which those of long ago are forgotten: a listing may have a million addresses. */
const GENERATION = 8192;

/** Asks the system's resolver for the names of addresses, many at a time, and remembers the answers. */
export class HostNames {
  #recent = new Map<string, string>();
  #older: ReadonlyMap<string, string> = new Map<string, string>();

  /** The names of addresses; an address that has none, or whose lookup fails, stands for itself. */
  async of(addresses: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>();
    const unknown: string[] = [];
    for (const address of addresses) {
      if (names.has(address)) continue;
      const kept = this.#recent.get(address) ?? this.#recall(address);
      names.set(address, kept ?? address);
      if (kept === undefined) unknown.push(address);
    }
    if (unknown.length > 0) await this.#ask(unknown, names);
    return names;
  }

  async #ask(addresses: readonly string[], names: Map<string, string>): Promise<void> {
    allowThreads(addresses.length);
    const { lookupService } = await import("node:dns/promises");
    const waiting = addresses.values();
    const worker = async () => {
      for (const address of waiting) {
        const name = await lookupService(address, 0).then(({ hostname }) => decoded(hostname), () => address);
        names.set(address, name);
        this.#keep(address, name);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, addresses.length) }, worker));
  }

  /** A name of the generation before, which is wanted again. */
  #recall(address: string): string | undefined {
    const name = this.#older.get(address);
    if (name !== undefined) this.#keep(address, name);
    return name;
  }

  #keep(address: string, name: string): void {
    if (this.#recent.size >= GENERATION) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(address, name);
  }
}

/**
 * The resolver blocks a thread for each question, and Node gives it half of
 * the four that it has. How many there are is settled when they are first used.
 */
function allowThreads(questions: number): void {
  process.env["UV_THREADPOOL_SIZE"] ??= String(2 * Math.min(CONCURRENCY, Math.max(2, questions)));
}

/** Node takes the bytes of a name for Latin-1; they are UTF-8 where they are not ASCII. */
function decoded(hostname: string): string {
  return /[\x80-\xff]/.test(hostname) ? Buffer.from(hostname, "latin1").toString("utf8") : hostname;
}
