// SPDX-License-Identifier: GPL-2.0-only
// What a user hears of when something goes wrong on the way to the kernel.
import { LITTLE_ENDIAN, messageFlag, messageType } from "../../../src/netlink/constants.js";
import { runCli } from "../../helpers/cli.js";
import type { FlowValues } from "../../helpers/fake-fnat.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import type { Fault } from "../../helpers/fake-transport.js";

const COUNT = 300;
const TABLE = Array.from({ length: COUNT }, (_, i) => [
  `-A -t 10.0.0.1:${i + 1} -s rr`,
  `-a -t 10.0.0.1:${i + 1} -r 192.168.1.1:80 -m -w 1`,
]).flat();

const address = Uint8Array.of(10, 0, 0, 1);
const flow: FlowValues = {
  af: 2, protocol: 17, state: 11, client: address, clientPort: 1, local: address, localPort: 2, remote: address, remotePort: 3,
  expires: 4000, fwmark: 1,
};

async function kernelWith(fault?: Fault, skip = 0): Promise<FakeKernel> {
  const kernel = new FakeKernel();
  expect(await runCli(kernel, "-R", TABLE.join("\n"))).toEqual({ status: 0, out: "", err: "" });
  kernel.fnat.flows = () => Array.from({ length: 500 }, () => flow);
  if (fault !== undefined) kernel.inject(fault, skip);
  return kernel;
}

/** How many datagrams a listing receives, and what it prints. */
async function undisturbed(argv: string): Promise<{ receives: number; out: string }> {
  const kernel = await kernelWith();
  let receives = 0;
  const open = kernel.open.bind(kernel);
  const counting = Object.assign(Object.create(kernel) as FakeKernel, {
    open: () => {
      const socket = open();
      const receive = socket.receive.bind(socket);
      socket.receive = () => (receives++, receive());
      return socket;
    },
  });
  const { out } = await runCli(Object.assign(counting, { client: FakeKernel.prototype.client }), argv, "", "/dev/null");
  return { receives, out };
}

/** A few places from the first to the last. */
const places = (count: number): number[] => [...new Set([0, 1, 2, 3, count >> 2, count >> 1, count - 2, count - 1])].filter((place) => place < count);

const listings = ["-Ln", "-L -n --stats", "-S -n", "-L -n -t 10.0.0.1:7", "-L --timeout", "-L --daemon"];

test.each(listings)("%s comes whole after a lost answer or a signal, wherever it was", async (argv) => {
  const { receives, out } = await undisturbed(argv);
  expect(receives).toBeGreaterThan(1);
  for (const fault of ["overrun", "signal"] as const) {
    for (const skip of places(receives)) {
      expect(await runCli(await kernelWith(fault, skip), argv)).toEqual({ status: 0, out, err: "" });
    }
  }
});

const error = (errno: number): Fault => (datagram) => {
  const bytes = new Uint8Array(36);
  const [view, asked] = [bytes, datagram].map((each) => new DataView(each.buffer, each.byteOffset)) as [DataView, DataView];
  view.setUint32(0, bytes.length, LITTLE_ENDIAN);
  view.setUint16(4, messageType.error, LITTLE_ENDIAN);
  view.setUint16(6, messageFlag.capped, LITTLE_ENDIAN);
  view.setUint32(8, asked.getUint32(8, LITTLE_ENDIAN), LITTLE_ENDIAN);
  view.setInt32(16, -errno, LITTLE_ENDIAN);
  return bytes;
};

test.each<[string, Fault, RegExp]>([
  ["no answer comes", "silence", /^the kernel did not answer in time \(netlink receive: ETIMEDOUT\)\n$/],
  ["an answer is cut short", "truncated", /^malformed netlink message: (a message of )?\d+ bytes where (\d+ are left|a message header belongs)\n$/],
  ["an answer is empty", new Uint8Array(0), /^malformed netlink message: an empty datagram\n$/],
  ["the kernel is out of memory", error(12), /^Memory allocation problem\n$/],
])("when %s, listings say so in a line, behind what they read", async (_, fault, text) => {
  for (const argv of listings) {
    const { receives, out: whole } = await undisturbed(argv);
    for (const skip of places(receives)) {
      const { status, out, err } = await runCli(await kernelWith(fault, skip), argv);
      expect([argv, skip, status, err]).toEqual([argv, skip, 1, expect.stringMatching(text)]);
      // A table is listed as far as it was read; half a saved table is none.
      expect([out === "" || out.endsWith("\n"), whole.startsWith(out)]).toEqual([true, true]);
      if (argv.startsWith("-S")) expect(out).toBe("");
    }
  }
});

test("a table that changes all the time is read eight times, then given up", async () => {
  const kernel = await kernelWith();
  kernel.interruptDumps(1000);
  expect(await runCli(kernel, "-Ln")).toMatchObject({ status: 1, err: "the kernel's tables keep changing while they are read\n" });
  kernel.interruptDumps(7);
  expect(await runCli(kernel, "-Ln")).toMatchObject({ status: 0, err: "" });
});

test("answers that are lost again and again are an error", async () => {
  const kernel = await kernelWith();
  for (let times = 0; times < 8; times++) kernel.inject("overrun", 0);
  expect(await runCli(kernel, "-L --timeout")).toEqual({
    status: 1,
    out: "",
    err: "answers of the kernel were lost: there were more than the socket holds (netlink receive: ENOBUFS)\n",
  });
});

test("a list of flows that is cut off says so behind what was printed", async () => {
  const kernel = await kernelWith("overrun", 8);
  const { status, out, err } = await runCli(kernel, "-Lnc", "", "/dev/null");
  expect([status, err]).toEqual([1, expect.stringMatching(/^answers of the kernel were lost: .*\n$/)]);
  expect(out.split("\n").length).toBeGreaterThan(2);
  expect(out.endsWith("\n")).toBe(true);
});

test("lines of -R whose answers were lost are named, each with its text, and the others are done", async () => {
  const kernel = new FakeKernel();
  // Every second line is refused, so that there are answers to lose.
  const lines = TABLE.filter((line) => line.startsWith("-A")).flatMap((line) => [line, line]);
  kernel.inject("overrun", 70);
  const { status, err } = await runCli(kernel, "-R", lines.join("\n"));
  const errors = err.trimEnd().split("\n");
  expect(status).toBe(255);
  for (const line of errors) {
    const [, number, text, what] = /^line (\d+): `(.*)': (.*)$/.exec(line) ?? [];
    expect(text).toBe(lines[Number(number) - 1]);
    expect(what).toMatch(/^(Service already exists|answers of the kernel were lost: .* \(netlink receive: ENOBUFS\))$/);
  }
  const lost = errors.filter((line) => line.includes("lost"));
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.length).toBeLessThan(lines.length / 2);
  expect(kernel.ipvs.services.size).toBe(COUNT);
});
