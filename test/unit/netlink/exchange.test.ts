// SPDX-License-Identifier: GPL-2.0-only
import { messageFlag, messageType } from "../../../src/netlink/constants.js";
import { NetlinkError } from "../../../src/netlink/error.js";
import { BATCH_LIMIT, Exchange } from "../../../src/netlink/exchange.js";
import { messages } from "../../../src/netlink/message.js";
import { Requests } from "../../../src/netlink/requests.js";
import type { Transport } from "../../../src/netlink/transport.js";
import { sendBatch } from "../../helpers/requests.js";
import { type FakeReply, type FakeRequest, FakeTransport, type Fault, Refusal, type Trouble } from "../../helpers/fake-transport.js";

const empty = new Uint8Array(0);
const request = (command: number) => ({ family: 0x1b, command, version: 1, attributes: empty });

/** Commands from 100 on are refused, with their number as the text. */
const answer = {
  handle: ({ command }: FakeRequest): FakeReply[] => {
    if (command >= 100) throw new Refusal("EEXIST", `command ${command}`);
    return command === 1 ? [{ command: 2, attributes: Uint8Array.of(5, 0, 1, 0, 9, 0, 0, 0) }] : [];
  },
  *dump({ command }: FakeRequest): Generator<FakeReply> {
    for (let index = 0; index < command; index++) yield { command: index, attributes: new Uint8Array(64) };
    if (command === 99) throw new Refusal("EIO", "half way");
  },
};

function fixture(...faults: Array<[Fault, number]>): { exchange: Exchange; trouble: Trouble } {
  const trouble: Trouble = { faults: faults.map(([fault, skip]) => ({ fault, skip })), interruptions: 0 };
  return { exchange: new Exchange(new FakeTransport(answer, trouble)), trouble };
}

async function drain(exchange: Exchange, command: number): Promise<{ commands: number[]; interrupted: boolean }> {
  const commands: number[] = [];
  const dump = exchange.dump(request(command));
  for (let step = await dump.next(); ; step = await dump.next()) {
    if (step.done === true) return { commands, interrupted: step.value };
    commands.push(...step.value.map((reply) => reply.command));
  }
}

test("a request gives its replies", async () => {
  const { exchange } = fixture();
  const [reply] = await exchange.request(request(1));
  expect([reply?.command, reply?.attributes]).toEqual([2, Uint8Array.of(5, 0, 1, 0, 9, 0, 0, 0)]);
  expect(await exchange.request(request(3))).toEqual([]);
});

test("a refused request rejects with the kernel's words", async () => {
  const { exchange } = fixture();
  await expect(exchange.request(request(100))).rejects.toMatchObject({ code: "EEXIST", extAck: "command 100" });
});

test("a dump over many datagrams comes whole and in order", async () => {
  const { exchange } = fixture();
  const { commands, interrupted } = await drain(exchange, 250);
  expect(commands).toEqual(Array.from({ length: 250 }, (_, index) => index));
  expect(interrupted).toBe(false);
});

test("a dump says when its table changed", async () => {
  const { exchange, trouble } = fixture();
  trouble.interruptions = 1;
  expect((await drain(exchange, 3)).interrupted).toBe(true);
  expect((await drain(exchange, 3)).interrupted).toBe(false);
});

test("a dump can fail half way", async () => {
  const { exchange } = fixture();
  await expect(drain(exchange, 99)).rejects.toMatchObject({ code: "EIO", extAck: "half way", refused: true });
});

test("a batch names each request that failed", async () => {
  const { exchange } = fixture();
  const outcomes = await sendBatch(exchange, [3, 100, 4, 5, 101].map(request));
  expect(outcomes.map((error) => error?.extAck)).toEqual([undefined, "command 100", undefined, undefined, "command 101"]);
  expect(await sendBatch(exchange, [request(3)])).toEqual([undefined]);
  expect(await sendBatch(exchange, [])).toEqual([]);
});

test("a batch is one datagram that asks for one acknowledgement", async () => {
  const sent: Uint8Array[] = [];
  const transport = new FakeTransport(answer, { faults: [], interruptions: 0 });
  const spy: Transport = {
    send: (datagram) => {
      sent.push(datagram);
      transport.send(datagram);
    },
    receive: () => transport.receive(),
    close: () => transport.close(),
  };
  await sendBatch(new Exchange(spy), [3, 4, 5].map(request));
  expect(sent).toHaveLength(1);
  expect([...messages(sent[0]!)].map(({ flags }) => flags & messageFlag.ack)).toEqual([0, 0, messageFlag.ack]);
});

test("what has no family is left out of a batch, the others keep their places", async () => {
  const { exchange } = fixture();
  const requests = new Requests();
  for (const command of [100, 101, 3, 102, 103]) requests.add(command, 1, () => undefined);
  const outcomes = await exchange.batch(requests, 0, [undefined, 7, 7, 7, undefined]);
  expect(outcomes.map((error) => error?.extAck)).toEqual([undefined, "command 101", undefined, "command 102", undefined]);
  expect(await exchange.batch(requests, 0, [undefined])).toEqual([undefined]);
});

test("a request that can't be encoded leaves nothing behind", () => {
  const requests = new Requests();
  requests.add(1, 1, (encoder) => encoder.u8(1, 7));
  expect(() => requests.add(2, 1, (encoder) => encoder.u32(1, 8).u8(2, 256))).toThrow("attribute 2: 256");
  requests.add(3, 1, (encoder) => encoder.string(4, "grün"));
  const sent = [...messages(requests.bytes(0, 2))].map((message) => Buffer.from(message.payload).toString("hex"));
  expect(requests.count).toBe(2);
  expect(sent).toEqual(["01010000" + "0500010007000000", "03010000" + "0a000400" + "6772c3bc6e00" + "0000"]);
});

test("a batch has a limit", async () => {
  const { exchange } = fixture();
  await expect(sendBatch(exchange, Array.from({ length: BATCH_LIMIT + 1 }, () => request(3)))).rejects.toThrow(RangeError);
});

test("signals only delay", async () => {
  const { exchange } = fixture(["signal", 0], ["signal", 0], ["signal", 1]);
  expect((await drain(exchange, 80)).commands).toHaveLength(80);
});

test.each<[string, Fault, string]>([
  ["an overrun", "overrun", "ENOBUFS"],
  ["silence", "silence", "ETIMEDOUT"],
  ["a datagram cut short", "truncated", "EBADMSG"],
  ["an empty datagram", new Uint8Array(0), "EBADMSG"],
  ["nonsense", Uint8Array.from({ length: 40 }, (_, index) => index + 1), "EBADMSG"],
])("%s is an error of every exchange, not a crash", async (_, fault, code) => {
  for (const work of [
    (exchange: Exchange) => exchange.request(request(1)),
    (exchange: Exchange) => drain(exchange, 80),
    (exchange: Exchange) => sendBatch(exchange, [3, 100].map(request)),
  ]) {
    const { exchange } = fixture([fault, 0]);
    const error = await work(exchange).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NetlinkError);
    expect(error).toMatchObject({ code, refused: false });
  }
});

test("answers to something else are passed over", async () => {
  const stale = new Uint8Array(36);
  const view = new DataView(stale.buffer);
  view.setUint32(0, 36, true);
  view.setUint16(4, messageType.error, true);
  view.setUint32(8, 777, true);
  view.setInt32(16, -1, true);
  for (const work of [
    (exchange: Exchange) => exchange.request(request(3)),
    (exchange: Exchange) => drain(exchange, 3),
    (exchange: Exchange) => sendBatch(exchange, [3, 4].map(request)),
  ]) {
    const { exchange } = fixture([stale, 0]);
    await expect(work(exchange)).resolves.toBeDefined();
  }
});

describe("many dumps", () => {
  const asked = (...commands: number[]): Requests => {
    const requests = new Requests();
    for (const command of commands) requests.add(command, 1, () => undefined);
    return requests;
  };
  /** Commands of the replies, by the dump that they belong to. */
  const listed = async (exchange: Exchange, requests: Requests) => {
    const lists: number[][] = [];
    const interrupted = await exchange.dumps(requests, 7, (index, reply) => (lists[index] ??= []).push(reply.command));
    return { lists, interrupted: [...interrupted] };
  };
  const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index);

  test("each has its own replies", async () => {
    const { exchange } = fixture();
    const { lists, interrupted } = await listed(exchange, asked(3, 0, 98, 1));
    expect(lists).toEqual([oneTo(3), undefined, oneTo(98), oneTo(1)]);
    expect(interrupted).toEqual([]);
  });

  test("those whose table changed are named", async () => {
    const { exchange, trouble } = fixture();
    trouble.interruptions = 2;
    expect((await listed(exchange, asked(3, 2, 1))).interrupted).toEqual([0, 1]);
  });

  test("one that fails ends them", async () => {
    const { exchange } = fixture();
    await expect(listed(exchange, asked(3, 99, 1))).rejects.toMatchObject({ code: "EIO", refused: true });
  });

  test("a transport may answer several at once, and leave the rest of one to be received", async () => {
    const transport = new FakeTransport(answer, { faults: [], interruptions: 0 });
    const calls: number[] = [];
    const dumps = (requests: Uint8Array): Uint8Array => {
      const pieces: Uint8Array[] = [];
      const sent = [...messages(requests)];
      calls.push(sent.length);
      for (const [index, message] of sent.slice(0, 2).entries()) {
        transport.send(requests.subarray(index * 20, index * 20 + 20));
        pieces.push(transport.receive().slice());
        // The second dump of a call is left after its first datagram.
        for (let more = index === 0; more; ) {
          pieces.push(transport.receive().slice());
          more = [...messages(pieces.at(-1)!)].every(({ type }) => type !== messageType.done);
        }
        expect(message.sequence).toBeGreaterThan(0);
      }
      return Buffer.concat(pieces);
    };
    const exchange = new Exchange({
      send: (datagram) => transport.send(datagram),
      receive: () => transport.receive(),
      dumps,
      close: () => transport.close(),
    });
    expect((await listed(exchange, asked(98, 97, 90, 91, 92))).lists).toEqual([98, 97, 90, 91, 92].map(oneTo));
    expect(calls).toEqual([5, 3, 1]);
  });
});
