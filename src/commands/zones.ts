// SPDX-License-Identifier: GPL-2.0-only
import { buildZone, zoneNotices } from "../cli/build-zone.js";
import type { Values } from "../cli/values.js";
import type { Command, Session } from "./command.js";

export const addZone: Command = ({ values }, session) => {
  const { zone, before } = buildZone(values);
  notice(values, session);
  return session.client.zones.add(zone, before);
};

export const deleteZone: Command = ({ values }, session) => {
  notice(values, session);
  return session.client.zones.delete(values.zone!.prefix);
};

/** Tell of a zone that is not what was written. */
export function notice(values: Values, { io }: Session): void {
  for (const line of zoneNotices(values)) io.err(`${line}\n`);
}
