// SPDX-License-Identifier: GPL-2.0-only
import { AttributeEncoder } from "../../../src/netlink/attribute-encoder.js";
import { messageFlag, messageType } from "../../../src/netlink/constants.js";
import { encodeRequest, genlPayload, type Message, messages, outcome } from "../../../src/netlink/message.js";
import { forSeeds } from "../../helpers/random.js";

const request = { family: 0x1b, command: 4, version: 1, attributes: new AttributeEncoder().u8(1, 7).finish() };

const ENOENT = Buffer.from("feffffff", "hex");
const text = new AttributeEncoder().string(1, "no such rule").u32(2, 24).finish();

const ack = (flags: number, payload: Uint8Array, type: number = messageType.error): Message => ({
  type,
  flags,
  sequence: 1,
  payload,
});

test("a request has netlink's and generic netlink's headers", () => {
  const bytes = encodeRequest(request, 0x01020304, messageFlag.ack);
  expect(Buffer.from(bytes).toString("hex")).toBe("1c000000" + "1b00" + "0500" + "04030201" + "00000000" + "04010000" + "0500010007000000");
  const [message] = [...messages(bytes)];
  expect(message).toMatchObject({ type: 0x1b, flags: 5, sequence: 0x01020304 });
  expect(genlPayload(message!)).toEqual({ command: 4, attributes: request.attributes });
});

test("a datagram holds several messages", () => {
  const datagram = Buffer.concat([encodeRequest(request, 1, 0), encodeRequest(request, 2, 0)]);
  expect([...messages(datagram)].map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test.each([
  ["a header cut short", Buffer.alloc(15)],
  ["a length of 0", Buffer.alloc(16)],
  ["a length beyond the datagram", Buffer.concat([Buffer.from("11000000", "hex"), Buffer.alloc(12)])],
])("refuses %s", (_, datagram) => {
  expect(() => [...messages(datagram)]).toThrow(expect.objectContaining({ code: "EBADMSG" }));
});

test("an acknowledgement of success is no error", () => {
  expect(outcome(ack(messageFlag.capped, new Uint8Array(20)))).toBeUndefined();
  expect(outcome(ack(0, new Uint8Array(4), messageType.done))).toBeUndefined();
  expect(outcome(ack(0, new Uint8Array(0), messageType.done))).toBeUndefined();
});

test("a refusal has the errno's name and the kernel's text", () => {
  const capped = Buffer.concat([ENOENT, new Uint8Array(16), text]);
  const flags = messageFlag.capped | messageFlag.ackAttributes;
  expect(outcome(ack(flags, capped))).toMatchObject({ code: "ENOENT", refused: true, extAck: "no such rule", offset: 24 });
});

test("the text comes behind the request where that is echoed whole", () => {
  const echoed = encodeRequest(request, 1, 0);
  expect(outcome(ack(messageFlag.ackAttributes, Buffer.concat([ENOENT, echoed, text])))?.extAck).toBe("no such rule");
  expect(outcome(ack(0, Buffer.concat([ENOENT, echoed])))).toMatchObject({ code: "ENOENT", extAck: undefined });
});

test("a dump can end with an error and its text", () => {
  const done = ack(messageFlag.multi | messageFlag.ackAttributes, Buffer.concat([ENOENT, text]), messageType.done);
  expect(outcome(done)).toMatchObject({ code: "ENOENT", extAck: "no such rule" });
});

test("an acknowledgement too short to say anything is malformed", () => {
  expect(() => outcome(ack(0, new Uint8Array(19)))).toThrow(expect.objectContaining({ code: "EBADMSG" }));
});

test("any bytes are messages or EBADMSG", () => {
  forSeeds(2000, (random) => {
    const datagram = random.below(2) === 0 ? random.bytes(random.below(80)) : new Uint8Array(encodeRequest(request, 1, 0));
    if (datagram.length > 0) datagram[random.below(datagram.length)] = random.below(256);
    try {
      for (const message of messages(datagram)) {
        outcome({ ...message, type: random.pick([messageType.error, messageType.done]) });
        genlPayload(message);
      }
    } catch (error) {
      expect(error).toMatchObject({ name: "NetlinkError", code: "EBADMSG" });
    }
  });
});
