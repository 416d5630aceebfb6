// SPDX-License-Identifier: GPL-2.0-only
import type { Names } from "../cli/names.js";
import type { Invocation } from "../cli/parse.js";
import type { Io } from "../io.js";
import type { IpvsClient } from "../ipvs/client.js";

/** What commands work with. */
export interface Session {
  /** Made when first asked for: help needs no kernel. */
  readonly client: IpvsClient;
  /** Another client, for when the module is no longer the one that `client` began with; the caller closes it. */
  connect(): IpvsClient;
  readonly io: Io;
  readonly names: Names;
  /** The command line is one of many: what others may mend is not worth a word. */
  readonly bulk?: true;
}

/**
 * Carry out one command line. A verb that changes something sends its one
 * request before it first waits, so that requests made in turn stay in turn.
 */
export type Command = (invocation: Invocation, session: Session) => Promise<void>;
