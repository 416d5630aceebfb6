// SPDX-License-Identifier: GPL-2.0-only
// Both transports against the generic-netlink controller, which every kernel has.
import { execFileSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AddonTransport, loadAddon } from "../../../src/netlink/addon-transport.js";
import { messageType } from "../../../src/netlink/constants.js";
import { Exchange } from "../../../src/netlink/exchange.js";
import { resolveFamily } from "../../../src/netlink/genl.js";
import { openPackageTransport, PackageTransport, type PackageSocket } from "../../../src/netlink/package-transport.js";
import { Requests } from "../../../src/netlink/requests.js";
import { openTransport } from "../../../src/netlink/socket.js";
import { sendBatch } from "../../helpers/requests.js";

const GET_FAMILY = 3;
const root = join(__dirname, "../../..");
const dumpFamilies = { family: messageType.genlControl, command: GET_FAMILY, version: 2, attributes: new Uint8Array(0) };
/** An attribute whose length goes beyond the message. */
const leftover = { ...dumpFamilies, attributes: Uint8Array.of(8, 0, 1, 0, 16, 0, 0) };
const unknown = { ...dumpFamilies, command: 99 };

async function familyCount(exchange: Exchange): Promise<number> {
  let count = 0;
  for await (const page of exchange.dump(dumpFamilies)) count += page.length;
  return count;
}

beforeAll(() => {
  execFileSync("bash", ["scripts/build-native.sh"], { cwd: root, stdio: "ignore" });
});

describe.each(["addon", "netlink"] as const)("%s transport", (choice) => {
  let exchange: Exchange;
  beforeEach(async () => {
    exchange = new Exchange(await openTransport({ TSIPVSADM_TRANSPORT: choice }));
  });
  afterEach(() => exchange.close());

  test("resolves a family and knows when there is none", async () => {
    expect(await resolveFamily(exchange, "nlctrl")).toBe(messageType.genlControl);
    expect(await resolveFamily(exchange, "tsipvsadm-none")).toBeUndefined();
  });

  test("reads a dump", async () => {
    expect(await familyCount(exchange)).toBeGreaterThan(0);
    expect(await familyCount(exchange)).toBeGreaterThan(0);
  });

  test("reads many dumps, each whole", async () => {
    const one = await familyCount(exchange);
    const requests = new Requests();
    for (let count = 0; count < 300; count++) requests.add(GET_FAMILY, 2, () => undefined);
    const counts = new Array<number>(300).fill(0);
    await exchange.dumps(requests, messageType.genlControl, (index) => void counts[index]!++);
    expect(new Set(counts)).toEqual(new Set([one]));
    expect(await familyCount(exchange)).toBe(one);
  });

  test("a batch names each request that failed", async () => {
    const nameless = { ...dumpFamilies, command: GET_FAMILY };
    const outcomes = await sendBatch(exchange, [unknown, nameless, unknown]);
    expect(outcomes.map((error) => error?.code)).toEqual(["EOPNOTSUPP", "EINVAL", "EOPNOTSUPP"]);
  });

  test("a batch of the greatest size is answered", async () => {
    const outcomes = await sendBatch(exchange, Array.from({ length: 128 }, () => unknown));
    expect(new Set(outcomes.map((error) => error?.code))).toEqual(new Set(["EOPNOTSUPP"]));
  });

  test("a closed socket says so", async () => {
    exchange.close();
    await expect(exchange.request(unknown)).rejects.toMatchObject({ code: "EBADF" });
  });
});

describe("the addon", () => {
  const addon = (): NonNullable<ReturnType<typeof loadAddon>> => {
    const loaded = loadAddon();
    if (loaded === undefined) throw new Error("the addon does not load");
    return loaded;
  };

  test("brings the kernel's extended-ack text", async () => {
    const exchange = new Exchange(new AddonTransport(addon()));
    await expect(exchange.request(leftover)).rejects.toMatchObject({ extAck: "bytes leftover after parsing attributes" });
    exchange.close();
  });

  test("gives up when no answer comes", () => {
    const transport = new AddonTransport(addon(), 20);
    expect(() => transport.receive()).toThrow(expect.objectContaining({ code: "ETIMEDOUT" }));
    transport.close();
  });

  test("an overrun comes back as ENOBUFS and the socket goes on", async () => {
    const transport = new AddonTransport(addon(), 200);
    const exchange = new Exchange(transport);
    const { encodeRequest } = await import("../../../src/netlink/message.js");
    // Thousands of refusals unread: more than a socket's receive buffer holds.
    const many = Buffer.concat(Array.from({ length: 2000 }, () => encodeRequest(unknown, 9, 0)));
    transport.send(many);
    const codes = new Set<string>();
    for (let reads = 0; reads < 4000; reads++) {
      try {
        transport.receive();
      } catch (error) {
        codes.add((error as { code: string }).code);
        if (codes.has("ETIMEDOUT")) break;
      }
    }
    expect(codes).toContain("ENOBUFS");
    expect(await resolveFamily(exchange, "nlctrl")).toBe(messageType.genlControl);
    exchange.close();
  });

  test("refuses arguments that are none", () => {
    const raw = addon() as unknown as Record<string, (...values: unknown[]) => unknown>;
    for (const name of ["send", "receive", "dumps", "close"]) {
      expect(() => raw[name]!("0", "x", {})).toThrow("netlink: wrong arguments");
      expect(() => raw[name]!()).toThrow("netlink: wrong arguments");
    }
    expect(addon().send(-1, new Uint8Array(1))).toBe(-9);
    expect(existsSync(join(root, "dist/native/netlink.node"))).toBe(true);
  });
});

class FakeSocket extends EventEmitter {
  closed = false;
  send(_datagram: unknown, _options: unknown, done: (error?: Error) => void): void {
    done(Object.assign(new Error("no"), { code: "ENOBUFS" }));
  }
  close(): void {
    this.closed = true;
  }
  ref(): void {}
  unref(): void {}
}

describe("the netlink package's transport", () => {
  const fixture = (): { socket: FakeSocket; transport: PackageTransport } => {
    const socket = new FakeSocket();
    return { socket, transport: new PackageTransport(socket as unknown as PackageSocket, 20) };
  };

  test("keeps datagrams in order, and takes none from other processes", async () => {
    const { socket, transport } = fixture();
    socket.emit("message", Uint8Array.of(9), { port: 77 });
    socket.emit("message", Uint8Array.of(1), { port: 0 });
    socket.emit("message", Uint8Array.of(2), { port: 0 });
    expect(await transport.receive()).toEqual(Uint8Array.of(1));
    expect(await transport.receive()).toEqual(Uint8Array.of(2));
    const later = transport.receive();
    socket.emit("message", Uint8Array.of(3), { port: 0 });
    expect(await later).toEqual(Uint8Array.of(3));
  });

  test.each([
    ["error", { code: "ENOBUFS" }, "ENOBUFS"],
    ["truncatedMessage", Uint8Array.of(1), "EMSGSIZE"],
  ])("an %s event fails the receive", async (event, value, code) => {
    const { socket, transport } = fixture();
    const waiting = transport.receive();
    socket.emit(event, value, { port: 0 });
    await expect(waiting).rejects.toMatchObject({ code });
    socket.emit(event, value, { port: 0 });
    await expect(transport.receive()).rejects.toMatchObject({ code });
  });

  test("a failed send, silence and closing are errors", async () => {
    const { socket, transport } = fixture();
    await expect(transport.send(Uint8Array.of(1))).rejects.toMatchObject({ code: "ENOBUFS" });
    await expect(transport.receive()).rejects.toMatchObject({ code: "ETIMEDOUT" });
    const waiting = transport.receive();
    transport.close();
    await expect(waiting).rejects.toMatchObject({ code: "EBADF" });
    expect(socket.closed).toBe(true);
  });

  test("opens alone", async () => {
    const exchange = new Exchange(await openPackageTransport());
    expect(await resolveFamily(exchange, "nlctrl")).toBe(messageType.genlControl);
    exchange.close();
  });
});

test("an unknown choice of transport is refused by name", async () => {
  await expect(openTransport({ TSIPVSADM_TRANSPORT: "raw" })).rejects.toThrow(
    'TSIPVSADM_TRANSPORT is "raw"; it can be "addon" or "netlink"',
  );
});

test("TSIPVSADM_DEBUG=netlink writes every message to standard error", async () => {
  const written: string[] = [];
  const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    const exchange = new Exchange(await openTransport({ TSIPVSADM_DEBUG: "netlink" }));
    await resolveFamily(exchange, "nlctrl");
    await sendBatch(exchange, [unknown]);
    exchange.close();
  } finally {
    write.mockRestore();
  }
  expect(written[0]).toMatch(/^netlink -> type 16 flags 0x5 seq 1 03020000/);
  expect(written[1]).toMatch(/^netlink <- type 16 /);
  expect(written.length).toBeGreaterThanOrEqual(4);
});
