// SPDX-License-Identifier: GPL-2.0-only
import { runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

/** More than one part of a listing has. */
const COUNT = 600;

const address = (index: number) => `10.0.${index >> 8}.${index & 255}`;

/** Services in an order of their own, each with servers that tell whose they are. */
async function full(): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  const lines = ["-A -f 1 -s snat_sched", "-K -f 1 -F 10.0.0.0/8 -U 1.1.2.1"];
  for (let step = 0; step < COUNT; step++) {
    const index = (step * 7) % COUNT;
    lines.push(`-A -t ${address(index)}:80 -s rr`);
    for (let server = index % 3; server > 0; server--) lines.push(`-a -t ${address(index)}:80 -r 192.168.${server}.1 -w ${index}`);
  }
  expect(await runCli(kernel, "-R", lines.join("\n"))).toEqual({ status: 0, out: "", err: "" });
  return kernel;
}

const services = (out: string) => out.split("\n").filter((line) => line.startsWith("TCP"));

test("a long table is listed in order, each service with its own servers", async () => {
  const kernel = await full();
  const { out, status } = await runCli(kernel, "-Ln");
  expect(status).toBe(0);
  const rows: string[] = [];
  for (let index = 0; index < COUNT; index++) {
    rows.push(`TCP  ${address(index)}:80 rr`);
    for (let server = 1; server <= index % 3; server++) {
      rows.push(`  -> ${`192.168.${server}.1:80`.padEnd(28)} Route   ${String(index).padEnd(6)} 0          0         `);
    }
  }
  expect(out.split("\n").slice(3, 3 + rows.length)).toEqual(rows);
  expect(out.split("\n").slice(3 + rows.length)[2]).toMatch(/^FWM {2}1 snat_sched/);
});

test("--nosort keeps the kernel's order, and the SNAT services are behind the others all the same", async () => {
  const { out } = await runCli(await full(), "-Ln --nosort");
  expect(services(out)).toEqual(Array.from({ length: COUNT }, (_, step) => `TCP  ${address((step * 7) % COUNT)}:80 rr`));
  expect(out.indexOf("FWM")).toBeGreaterThan(out.lastIndexOf("TCP"));
});

test("counters are those of the service and server that have them, however far back", async () => {
  const kernel = await full();
  const service = [...kernel.ipvs.services.values()].find(({ values }) => values.addr?.[2] === 2 && values.addr[3] === 3)!;
  service.values = { ...service.values, stats64: { conns: 12345678901n, inPkts: 7n } };
  const { out } = await runCli(kernel, "-Ln --stats --exact");
  expect(services(out).filter((line) => !/( +0){5}$/.test(line))).toEqual([
    "TCP  10.0.2.3:80                  12345678901        7        0        0        0",
  ]);
});

test("what was listed before an error stands, and the error ends it", async () => {
  const kernel = await full();
  // The version, the services in a few datagrams, then servers: something breaks there.
  kernel.inject("silence", 600);
  const { out, err, status } = await runCli(kernel, "-Ln");
  expect(status).toBe(1);
  expect(err).toContain("netlink");
  expect(services(out)).toHaveLength(256);
});
