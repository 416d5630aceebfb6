// SPDX-License-Identifier: GPL-2.0-only

/** Exit statuses, ipvsadm's own, but for findings of doctor: 2 for what it refuses itself, 255 for what the kernel or popt refuses. */
export const exitStatus = { ok: 0, input: 1, findings: 1, usage: 2, failure: 255 } as const;

/** An error to show as one line, and the exit status it ends with. */
export class CliError extends Error {
  override readonly name = "CliError";

  constructor(
    message: string,
    readonly status: number = exitStatus.usage,
  ) {
    super(message);
  }
}
