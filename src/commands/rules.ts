// SPDX-License-Identifier: GPL-2.0-only
import { buildRule, buildRuleKey, fwmarkKey } from "../cli/build-rule.js";
import type { Command } from "./command.js";

export const addSnat: Command = ({ values }, { client }) => client.addRule(fwmarkKey(values), buildRule(values));

export const editSnat: Command = ({ values }, { client }) => client.editRule(fwmarkKey(values), buildRule(values));

export const deleteSnat: Command = ({ values }, { client }) =>
  client.deleteRule(fwmarkKey(values), buildRuleKey(values));
