// SPDX-License-Identifier: GPL-2.0-only
import { AddonTransport, loadAddon } from "./addon-transport.js";
import { debugTransport } from "./debug.js";
import { NetlinkError } from "./error.js";
import type { Transport } from "./transport.js";

async function open(choice: string | undefined): Promise<Transport> {
  if (choice !== undefined && choice !== "addon" && choice !== "netlink") {
    throw new NetlinkError("EINVAL", `TSIPVSADM_TRANSPORT is "${choice}"; it can be "addon" or "netlink"`);
  }
  const addon = choice === "netlink" ? undefined : loadAddon();
  if (addon !== undefined) return new AddonTransport(addon);
  if (choice === "addon") throw new NetlinkError("ENOENT", "the netlink addon is not built: npm run build");
  const { openPackageTransport } = await import("./package-transport.js");
  return openPackageTransport();
}

/**
 * Opens a socket: the addon's, or the `netlink` package's where the addon was
 * not built. TSIPVSADM_TRANSPORT=addon or netlink decides otherwise;
 * TSIPVSADM_DEBUG=netlink writes every message to standard error.
 */
export async function openTransport(environment: NodeJS.ProcessEnv = process.env): Promise<Transport> {
  const transport = await open(environment["TSIPVSADM_TRANSPORT"]);
  if (environment["TSIPVSADM_DEBUG"] !== "netlink") return transport;
  return debugTransport(transport, (line) => process.stderr.write(`${line}\n`));
}
