// SPDX-License-Identifier: GPL-2.0-only
import { buildRule, buildRuleKey, fwmarkKey } from "../cli/build-rule.js";
import { CliError } from "../errors.js";
import { IpvsError } from "../ipvs/error.js";
import type { Rule } from "../model/snat-rule.js";
import type { Command } from "./command.js";

export const addSnat: Command = ({ values }, { client }) => {
  const rule = buildRule(values);
  return namingDevice(rule, client.addRule(fwmarkKey(values), rule));
};

export const editSnat: Command = ({ values }, { client }) => {
  const rule = buildRule(values);
  return namingDevice(rule, client.editRule(fwmarkKey(values), rule));
};

export const deleteSnat: Command = ({ values }, { client }) =>
  client.deleteRule(fwmarkKey(values), buildRuleKey(values));

/** Says which device of -N it is that the kernel has not found. The promise of most rules is left as it is, which bulk work relies on. */
function namingDevice({ newOif }: Rule, done: Promise<void>): Promise<void> {
  if (newOif === undefined) return done;
  return done.catch((error: unknown) => {
    if (!(error instanceof IpvsError) || !error.extAck?.endsWith("new-oif") || error.errno !== "ENODEV") throw error;
    throw new CliError(`-N: there is no device \`${newOif}': it has to be there when the rule is added`);
  });
}
