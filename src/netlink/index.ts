// SPDX-License-Identifier: GPL-2.0-only
export { AttributeIndex } from "./attribute-index.js";
export { AttributeEncoder } from "./attribute-encoder.js";
export type { Attribute, AttributeSet, Values } from "./attribute-set.js";
export { decode, encode, writeValues } from "./codec.js";
export { hostU32, LITTLE_ENDIAN } from "./constants.js";
export { malformed, NetlinkError } from "./error.js";
export { BATCH_LIMIT, Exchange, type Outcome, Reply } from "./exchange.js";
export { resolveFamily } from "./genl.js";
export type { Request } from "./message.js";
export { Requests } from "./requests.js";
export { openTransport } from "./socket.js";
export type { OpenTransport, Transport } from "./transport.js";
