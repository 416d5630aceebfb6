// SPDX-License-Identifier: GPL-2.0-only
import { buildService, requiredKey, serviceKey } from "../cli/build-service.js";
import { isUnspecified } from "../model/address.js";
import type { ServiceKey } from "../model/service.js";
import type { Command } from "./command.js";

export const addService: Command = ({ values }, { client }) => client.addService(buildService(values));

export const editService: Command = ({ values }, { client }) => client.editService(buildService(values));

export const deleteService: Command = ({ values }, { client }) => client.deleteService(requiredKey(values));

export const flush: Command = (_invocation, { client }) => client.flush();

export const zero: Command = ({ values }, { client }) => client.zero(zeroKey(serviceKey(values)));

/** As with ipvsadm, the service of every address and port means all services. */
function zeroKey(key: ServiceKey | undefined): ServiceKey | undefined {
  return key?.kind === "address" && key.port === 0 && isUnspecified(key.address) ? undefined : key;
}
