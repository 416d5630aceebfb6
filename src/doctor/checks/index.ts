// SPDX-License-Identifier: GPL-2.0-only
import type { Check } from "../finding.js";
import { exhaustionCheck } from "./exhaustion.js";
import { forwardingCheck } from "./forwarding.js";
import { fullnatAddressesCheck } from "./fullnat-addresses.js";
import { ipsecCheck } from "./ipsec.js";
import { moduleCheck } from "./module.js";
import { groCheck, interruptsCheck } from "./nics.js";
import { mssCheck } from "./mss.js";
import { overlapCheck } from "./overlap.js";
import { packetFilterCheck } from "./packet-filter.js";
import { peersCheck } from "./peers.js";
import { reachCheck } from "./reach.js";
import { routesCheck } from "./routes.js";
import { rpFilterCheck } from "./rp-filter.js";
import { tablesCheck } from "./tables.js";
import { trackingCheck } from "./tracking.js";
import { zoneOrderCheck } from "./zone-order.js";
import { zonesOffCheck } from "./zones-off.js";

/** THE table of checks, in the order of their findings. */
export const checks: readonly Check[] = [
  moduleCheck,
  forwardingCheck,
  rpFilterCheck,
  reachCheck,
  routesCheck,
  overlapCheck,
  zoneOrderCheck,
  zonesOffCheck,
  fullnatAddressesCheck,
  exhaustionCheck,
  tablesCheck,
  packetFilterCheck,
  trackingCheck,
  ipsecCheck,
  mssCheck,
  interruptsCheck,
  groCheck,
  peersCheck,
];
