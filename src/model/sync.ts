// SPDX-License-Identifier: GPL-2.0-only
import type { IpAddress } from "./address.js";

/** How flows are synchronised. What is absent is the default. */
export interface SyncSettings {
  /** The daemons do what ipvsadm's do, and no more. */
  readonly off?: true;
  /** Of one family; without any, the daemons' multicast group. */
  readonly peers?: readonly IpAddress[];
  readonly port?: number;
  /** SYNC_KEY_BYTES of them. */
  readonly key?: Uint8Array;
}

export const SYNC_KEY_BYTES = 32;

export interface SyncRoles {
  readonly master: boolean;
  readonly backup: boolean;
}

export interface SyncPeer {
  /** Its number, as 16 hexadecimal digits. */
  readonly node: string;
  readonly address: IpAddress;
  readonly roles: SyncRoles;
  /** Flows that it holds. */
  readonly flows: number;
  /** All of its flows are here. */
  readonly complete: boolean;
  /** It says that all flows of its masters are there. */
  readonly itsComplete: boolean;
  /** What it sent of its table since all was asked for, 0 to 1. */
  readonly done: number;
  /** Messages of it that were lost for good. */
  readonly lost: bigint;
  /** Messages that it has sent and that are not done here. */
  readonly behind: number;
  /** Milliseconds since it was heard. */
  readonly heard: number;
}

/** Flow synchronisation as it is. */
export interface SyncState {
  readonly roles: SyncRoles;
  readonly off: boolean;
  readonly keyed: boolean;
  /** All flows of the masters are here. */
  readonly complete: boolean;
  readonly port: number;
  readonly syncId: number;
  /** Messages that wait to be sent. */
  readonly queued: number;
  readonly peers: readonly SyncPeer[];
}
