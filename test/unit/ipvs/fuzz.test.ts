// SPDX-License-Identifier: GPL-2.0-only
// Damaged replies of the kernel to every verb that reads.
import { IpvsError } from "../../../src/ipvs/error.js";
import type { IpvsClient } from "../../../src/ipvs/client.js";
import type { ServiceKey } from "../../../src/model/service.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import { forSeedsInTurn, type Random } from "../../helpers/random.js";

const address = { family: "ipv4", bytes: Uint8Array.of(10, 0, 0, 1) } as const;
const web: ServiceKey = { kind: "address", protocol: "tcp", address, port: 80 };
const snat = { kind: "fwmark", family: "ipv4", fwmark: 1 } as const;

async function prepared(): Promise<{ kernel: FakeKernel; client: IpvsClient }> {
  const kernel = new FakeKernel();
  const client = kernel.client();
  await client.addService({ key: web, scheduler: "rr", persistent: 60 });
  await client.addService({ key: snat, scheduler: "snat_sched" });
  await client.addServer(web, { address, port: 80, method: "tunnel", weight: 1, upper: 0, lower: 0, tunnel: { type: "gue", port: 6080 } });
  await client.addRule(snat, { key: { from: { address, length: 32 }, gw: address, oif: "eth1" }, pool: { first: address, last: address }, algo: "sh" });
  await client.startDaemon({ state: "master", mcastInterface: "eth0", syncId: 1, mcastGroup: address });
  const { bytes } = address;
  const flow = { af: 2, protocol: 6, state: 1, client: bytes, clientPort: 1, local: bytes, localPort: 2 };
  kernel.fnat.flows = () => [{ ...flow, remote: bytes, remotePort: 3, expires: 4, fwmark: 1 }];
  return { kernel, client };
}

async function allFlows(client: IpvsClient): Promise<number> {
  let count = 0;
  for await (const page of client.flows()) for (const { expires } of page) count += expires;
  return count;
}

const verbs: ReadonlyArray<(client: IpvsClient) => Promise<unknown>> = [
  (client) => client.services(),
  (client) => client.service(web),
  (client) => client.servers(web),
  (client) => client.daemons(),
  (client) => client.timeouts(),
  (client) => client.info(),
  (client) => client.moduleInfo(),
  (client) => client.rules(),
  (client) => client.extStats(),
  (client) => client.zero(web),
  allFlows,
];

function damage(random: Random): (datagram: Uint8Array) => Uint8Array {
  return (datagram) => {
    const bytes = Uint8Array.from(datagram);
    for (let changes = random.below(6); changes >= 0; changes--) bytes[random.below(bytes.length)] = random.below(256);
    return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
  };
}

test("a damaged reply gives an answer or an IpvsError, and the client goes on", async () => {
  let refused = 0;
  await forSeedsInTurn(300, async (random) => {
    const { kernel, client } = await prepared();
    kernel.inject(damage(random), random.below(3));
    const verb = random.pick(verbs);
    try {
      await verb(client);
    } catch (error) {
      expect(error).toBeInstanceOf(IpvsError);
      refused++;
    }
    kernel.heal();
    expect(await client.services()).toHaveLength(2);
  });
  if (process.env["TEST_SEED"] === undefined) expect(refused).toBeGreaterThan(20);
});
