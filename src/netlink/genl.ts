// SPDX-License-Identifier: GPL-2.0-only
import { decode, encode } from "./codec.js";
import { messageType } from "./constants.js";
import { malformed, NetlinkError } from "./error.js";
import type { Exchange } from "./exchange.js";

/** From linux/genetlink.h: CTRL_CMD_GETFAMILY and the attributes used here. */
const GET_FAMILY = 3;
const CONTROL_VERSION = 2;
const controlAttributes = {
  familyId: { id: 1, type: "u16" },
  familyName: { id: 2, type: "string" },
} as const;

/**
 * The number of the generic-netlink family `name`; undefined when the kernel
 * has none. The kernel tries to load a module for a name that it does not know.
 */
export async function resolveFamily(exchange: Exchange, name: string): Promise<number | undefined> {
  try {
    const [reply] = await exchange.request({
      family: messageType.genlControl,
      command: GET_FAMILY,
      version: CONTROL_VERSION,
      attributes: encode(controlAttributes, { familyName: name }),
    });
    const id = reply === undefined ? undefined : decode(controlAttributes, reply.attributes).familyId;
    if (id === undefined) throw malformed(`no number for the family ${name}`);
    return id;
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENOENT") return undefined;
    throw error;
  }
}
