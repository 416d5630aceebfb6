// SPDX-License-Identifier: GPL-2.0-only
// Dumps and batches that go wrong on the way.
import { LITTLE_ENDIAN, messageFlag, messageType } from "../../../src/netlink/constants.js";
import { NetlinkError } from "../../../src/netlink/error.js";
import { BATCH_LIMIT, Exchange } from "../../../src/netlink/exchange.js";
import { Requests } from "../../../src/netlink/requests.js";
import { sendBatch } from "../../helpers/requests.js";
import { type FakeReply, type FakeRequest, FakeTransport, type Fault, Refusal } from "../../helpers/fake-transport.js";

const COUNT = 200;
const FAMILY = 0x1b;
const request = { family: FAMILY, command: 1, version: 1, attributes: new Uint8Array(0) };

/** Lists COUNT replies in several datagrams; refuses what is no dump. */
const answer = {
  handle: ({ command }: FakeRequest): FakeReply[] => {
    throw new Refusal("EEXIST", `command ${command}`);
  },
  *dump(): Generator<FakeReply> {
    for (let command = 0; command < COUNT; command++) yield { command, attributes: new Uint8Array(64) };
  },
};

const exchange = (fault?: Fault, skip = 0): Exchange =>
  new Exchange(new FakeTransport(answer, { faults: fault === undefined ? [] : [{ fault, skip }], interruptions: 0 }));

async function commands(exchange: Exchange): Promise<{ list: number[]; interrupted: boolean }> {
  const list: number[] = [];
  const dump = exchange.dump(request);
  for (let step = await dump.next(); ; step = await dump.next()) {
    if (step.done === true) return { list, interrupted: step.value };
    list.push(...step.value.map(({ command }) => command));
  }
}

const all = Array.from({ length: COUNT }, (_, index) => index);

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function message(type: number, flags: number, sequence: number, errno: number): Uint8Array {
  const bytes = new Uint8Array(36);
  view(bytes).setUint32(0, bytes.length, LITTLE_ENDIAN);
  view(bytes).setUint16(4, type, LITTLE_ENDIAN);
  view(bytes).setUint16(6, flags, LITTLE_ENDIAN);
  view(bytes).setUint32(8, sequence, LITTLE_ENDIAN);
  view(bytes).setInt32(16, -errno, LITTLE_ENDIAN);
  return bytes;
}

const sequenceOf = (datagram: Uint8Array): number => view(datagram).getUint32(8, LITTLE_ENDIAN);

/** Datagrams of the dump with its end: 84 bytes a reply, in at most 4096. */
const DATAGRAMS = Math.ceil(COUNT / Math.floor(4096 / 84)) + 1;

test("the dump has several datagrams", async () => {
  expect((await commands(exchange())).list).toEqual(all);
  expect(DATAGRAMS).toBeGreaterThan(4);
});

test("messages of another sequence number are passed over wherever they stand", async () => {
  for (let skip = 0; skip < DATAGRAMS; skip++) {
    const among = (datagram: Uint8Array): Uint8Array => {
      const other = sequenceOf(datagram) + 7;
      const foreign = [message(messageType.error, 0, other, 1), message(messageType.done, 0, other, 0), message(FAMILY, messageFlag.dumpInterrupted, other, 0)];
      return Buffer.concat([...foreign, datagram, ...foreign]);
    };
    expect(await commands(exchange(among, skip))).toEqual({ list: all, interrupted: false });
  }
});

test.each<[string, Fault, string]>([
  ["lost to an overrun", "overrun", "ENOBUFS"],
  ["missing, NLMSG_DONE among them,", "silence", "ETIMEDOUT"],
  ["cut short", "truncated", "EBADMSG"],
  ["empty", new Uint8Array(0), "EBADMSG"],
])("a datagram %s ends a dump with an error, whichever it is", async (_, fault, code) => {
  for (let skip = 0; skip < DATAGRAMS; skip++) {
    const error = await commands(exchange(fault, skip)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NetlinkError);
    expect(error).toMatchObject({ code, refused: false });
  }
});

test("a message that runs over its datagram is refused, those before it were given", async () => {
  const long = (datagram: Uint8Array): Uint8Array => {
    const bytes = Uint8Array.from(datagram);
    view(bytes).setUint32(84, bytes.length, LITTLE_ENDIAN);
    return bytes;
  };
  await expect(commands(exchange(long, 1))).rejects.toMatchObject({
    code: "EBADMSG",
    message: expect.stringMatching(/a message of \d+ bytes where \d+ are left/),
  });
});

test("NLMSG_ERROR in the middle of a dump is the kernel's refusal", async () => {
  const refusal = (datagram: Uint8Array): Uint8Array => message(messageType.error, messageFlag.capped, sequenceOf(datagram), 12);
  for (let skip = 0; skip < DATAGRAMS; skip++) {
    await expect(commands(exchange(refusal, skip))).rejects.toMatchObject({ code: "ENOMEM", refused: true });
  }
});

test("a dump is interrupted when any of its messages says so", async () => {
  for (let skip = 0; skip < DATAGRAMS; skip++) {
    const flagged = (datagram: Uint8Array): Uint8Array => {
      const bytes = Uint8Array.from(datagram);
      view(bytes).setUint16(6, view(bytes).getUint16(6, LITTLE_ENDIAN) | messageFlag.dumpInterrupted, LITTLE_ENDIAN);
      return bytes;
    };
    expect(await commands(exchange(flagged, skip))).toEqual({ list: all, interrupted: true });
  }
});

test("an overrun in the middle of a batch's answers is an error: those that are lost may have said no", async () => {
  for (const skip of [0, 1, BATCH_LIMIT / 2, BATCH_LIMIT - 1]) {
    await expect(sendBatch(exchange("overrun", skip), Array.from({ length: BATCH_LIMIT }, () => request))).rejects.toMatchObject({
      code: "ENOBUFS",
      refused: false,
    });
  }
});

test("an answer of another sequence number in a batch is nobody's", async () => {
  const foreign = (datagram: Uint8Array): Uint8Array => Buffer.concat([message(messageType.error, messageFlag.capped, 4_000_000_000, 1), datagram]);
  const outcomes = await sendBatch(exchange(foreign, 1), [request, request, request]);
  expect(outcomes.map((error) => error?.code)).toEqual(["EEXIST", "EEXIST", "EEXIST"]);
});

/** Commands that each of several dumps listed, and which of them were interrupted. */
async function several(exchange: Exchange): Promise<{ lists: number[][]; interrupted: number[] }> {
  const requests = new Requests();
  const lists: number[][] = [[], [], []];
  lists.forEach(() => requests.add(request.command, request.version, () => undefined));
  const interrupted = await exchange.dumps(requests, FAMILY, (index, { command }) => lists[index]!.push(command));
  return { lists, interrupted: [...interrupted] };
}

const whole = { lists: [all, all, all], interrupted: [] };

test("several dumps come one after the other, and messages of nobody's among them", async () => {
  expect(await several(exchange())).toEqual(whole);
  for (let skip = 0; skip < 3 * DATAGRAMS; skip++) {
    const among = (datagram: Uint8Array): Uint8Array => {
      const foreign = [-1, 1, 100].map((step) => message(messageType.done, messageFlag.dumpInterrupted, sequenceOf(datagram) + step, 0));
      return Buffer.concat([...foreign, datagram]);
    };
    expect(await several(exchange(among, skip))).toEqual(whole);
  }
});

test("each of several dumps is interrupted for itself", async () => {
  for (let skip = 0; skip < 3 * DATAGRAMS; skip++) {
    const flagged = (datagram: Uint8Array): Uint8Array => {
      const bytes = Uint8Array.from(datagram);
      view(bytes).setUint16(6, view(bytes).getUint16(6, LITTLE_ENDIAN) | messageFlag.dumpInterrupted, LITTLE_ENDIAN);
      return bytes;
    };
    expect(await several(exchange(flagged, skip))).toEqual({ ...whole, interrupted: [Math.floor(skip / DATAGRAMS)] });
  }
});

test.each<[Fault, string]>([
  ["overrun", "ENOBUFS"],
  ["silence", "ETIMEDOUT"],
  ["truncated", "EBADMSG"],
  [new Uint8Array(0), "EBADMSG"],
  [(datagram) => message(messageType.error, messageFlag.capped, sequenceOf(datagram), 12), "ENOMEM"],
])("%p ends several dumps with %s", async (fault, code) => {
  for (let skip = 0; skip < 3 * DATAGRAMS; skip++) {
    await expect(several(exchange(fault, skip))).rejects.toMatchObject({ code });
  }
});
