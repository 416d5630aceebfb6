// SPDX-License-Identifier: GPL-2.0-only
import { formatAddress } from "../model/address.js";
import type { SyncPeer, SyncRoles, SyncState } from "../model/sync.js";

const PERCENT = 100;
const SECOND = 1000;

function roleText({ master, backup }: SyncRoles): string {
  return [...(master ? ["master"] : []), ...(backup ? ["backup"] : [])].join(" and ") || "neither master nor backup";
}

/** What a peer's flows are here: "all here", or how far. */
function peerProgress({ roles, complete, done }: SyncPeer): string {
  if (!roles.master) return "";
  return complete ? ", all of them here" : `, ${(done * PERCENT).toFixed(1)} % of its table read`;
}

function peerText(peer: SyncPeer): string {
  const more = [
    peer.behind > 0 ? `, ${peer.behind} messages behind` : "",
    peer.lost > 0n ? `, ${peer.lost} messages lost` : "",
  ].join("");
  return `peer ${formatAddress(peer.address)}: ${roleText(peer.roles)}, ${peer.flows} flows${peerProgress(peer)}${more}, heard ${(peer.heard / SECOND).toFixed(1)} s ago\n`;
}

/** A line about this gateway, and one about each peer. */
export function syncText(state: SyncState): string {
  if (state.off) return "Flows are not synchronised: tsipvsadm sync set --flows off\n";
  if (!state.roles.master && !state.roles.backup) return "Flows are not synchronised: no sync daemon runs (--start-daemon)\n";
  const key = state.keyed ? "with a key" : "without a key";
  const here = state.roles.backup ? `, ${state.complete ? "complete" : "not complete yet"}` : "";
  const head = `flows: ${roleText(state.roles)}, syncid ${state.syncId}, UDP port ${state.port}, ${key}${here}\n`;
  return head + (state.peers.map(peerText).join("") || "no peer has answered\n");
}

/** As JSON. */
export function syncFields({ roles, peers, ...state }: SyncState) {
  return {
    sync: {
      ...roles,
      ...state,
      peers: peers.map(({ address, roles: { master, backup }, lost, ...peer }) => ({
        ...peer, address: formatAddress(address), master, backup, lost: Number(lost),
      })),
    },
  };
}
