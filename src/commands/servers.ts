// SPDX-License-Identifier: GPL-2.0-only
import { buildServer, serverAddress } from "../cli/build-server.js";
import { requiredKey } from "../cli/build-service.js";
import type { Command } from "./command.js";

export const addServer: Command = ({ values, given }, { client }) =>
  client.addServer(requiredKey(values), buildServer(values, given));

export const editServer: Command = ({ values, given }, { client }) =>
  client.editServer(requiredKey(values), buildServer(values, given));

export const deleteServer: Command = ({ values }, { client }) => {
  const key = requiredKey(values);
  return client.deleteServer(key, serverAddress(values));
};
