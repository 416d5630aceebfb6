// SPDX-License-Identifier: GPL-2.0-only
import type { SyncPeer, SyncRoles, SyncSettings, SyncState } from "../model/sync.js";
import { type Values } from "../netlink/index.js";
import * as fnat from "./abi/fnat.js";
import type { Channel } from "./channel.js";
import type { SyncVerbs } from "./client.js";
import type { fnatFamily } from "./families.js";
import { familyNumber, readAddress, required } from "./wire.js";

type MainValues = Values<typeof fnat.mainAttributes>;

const { master: MASTER, backup: BACKUP } = fnat.syncRole;
const PERMILLE = 1000;

/** Flow synchronisation, spoken to a kernel. */
export class SyncClient implements SyncVerbs {
  readonly #fnat: Channel<typeof fnatFamily.attributes>;

  constructor(channel: Channel<typeof fnatFamily.attributes>) {
    this.#fnat = channel;
  }

  set({ off, peers = [], port, key }: SyncSettings): Promise<void> {
    const [first] = peers;
    const sync = {
      off: off ? 1 : 0,
      ...(first && { af: familyNumber(first.family), peers: Buffer.concat(peers.map(({ bytes }) => bytes)) }),
      ...(port !== undefined && { port }),
      ...(key && { key }),
    };
    return this.#fnat.change("setSync", fnat.commands.syncSet, { sync });
  }

  async state(): Promise<SyncState> {
    const [session, ...peers] = await this.#fnat.list("sync", fnat.commands.syncGet, {}, (values) => values);
    return { ...readSession(required(session, "answer")), peers: peers.map(readPeer) };
  }

  handover(milliseconds: number): Promise<void> {
    return this.#fnat.change("handover", fnat.commands.syncHandover, { sync: { timeout: milliseconds } });
  }
}

function readRoles(bits: number): SyncRoles {
  return { master: (bits & MASTER) !== 0, backup: (bits & BACKUP) !== 0 };
}

function readSession(values: MainValues): Omit<SyncState, "peers"> {
  const { roles, off, keyed, complete, port, syncId, queued } = required(values.sync, "state of the synchronisation");
  return {
    roles: readRoles(roles ?? 0),
    off: off === 1,
    keyed: keyed === 1,
    complete: complete === 1,
    port: port ?? 0,
    syncId: syncId ?? 0,
    queued: queued ?? 0,
  };
}

function readPeer(values: MainValues): SyncPeer {
  const peer = required(values.syncPeer, "peer in a list of peers");
  const address = required(peer.address, "address of a peer");
  return {
    node: (peer.node ?? 0n).toString(16).padStart(16, "0"),
    address: readAddress(address.length === 4 ? "ipv4" : "ipv6", address),
    roles: readRoles(peer.roles ?? 0),
    flows: peer.flows ?? 0,
    complete: peer.complete === 1,
    itsComplete: peer.itsComplete === 1,
    done: (peer.done ?? 0) / PERMILLE,
    lost: peer.lost ?? 0n,
    behind: peer.behind ?? 0,
    heard: peer.heard ?? 0,
  };
}
