// SPDX-License-Identifier: GPL-2.0-only
import type { Command } from "./command.js";
import { versionText } from "../version.js";

export const version: Command = async (_invocation, { io }) => {
  io.out(versionText());
};

export const help: Command = async (_invocation, { io }) => {
  const { helpText } = await import("../cli/help.js");
  io.out(versionText() + helpText());
};
