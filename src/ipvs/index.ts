// SPDX-License-Identifier: GPL-2.0-only
import type { IpvsClient } from "./client.js";
import { type ClientOptions, KernelClient } from "./kernel-client.js";

export type * from "./client.js";
export { IpvsError, type MissingPart, type Operation } from "./error.js";
export type { ClientOptions } from "./kernel-client.js";

/** A client of the running kernel, or of whatever `options.open` reaches. Its socket is opened by the first call. */
export const createClient = (options: ClientOptions = {}): IpvsClient => new KernelClient(options);
