// SPDX-License-Identifier: GPL-2.0-only
import { buildService, requiredKey, serviceKey } from "../cli/build-service.js";
import type { Command } from "./command.js";

export const addService: Command = ({ values }, { client }) => client.addService(buildService(values));

export const editService: Command = ({ values }, { client }) => client.editService(buildService(values));

export const deleteService: Command = ({ values }, { client }) => client.deleteService(requiredKey(values));

export const flush: Command = (_invocation, { client }) => client.flush();

export const zero: Command = ({ values }, { client }) => client.zero(serviceKey(values));
