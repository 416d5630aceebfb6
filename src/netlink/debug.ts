// SPDX-License-Identifier: GPL-2.0-only
import { messages } from "./message.js";
import type { Transport } from "./transport.js";

type Write = (line: string) => void;

function describe(datagram: Uint8Array, arrow: string): string {
  const lines: string[] = [];
  try {
    for (const { type, flags, sequence, payload } of messages(datagram)) {
      const hex = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("hex");
      lines.push(`netlink ${arrow} type ${type} flags 0x${flags.toString(16)} seq ${sequence} ${hex}`);
    }
  } catch (error) {
    lines.push(`netlink ${arrow} ${String(error)}: ${Buffer.from(datagram).toString("hex")}`);
  }
  return lines.join("\n");
}

/** `transport`, with a line written for every message that passes and every failure. */
export function debugTransport(transport: Transport, write: Write): Transport {
  return {
    send(datagram) {
      write(describe(datagram, "->"));
      return transport.send(datagram);
    },
    async receive() {
      try {
        const datagram = await transport.receive();
        write(describe(datagram, "<-"));
        return datagram;
      } catch (error) {
        write(`netlink <- ${String(error)}`);
        throw error;
      }
    },
    close: () => transport.close(),
  };
}
