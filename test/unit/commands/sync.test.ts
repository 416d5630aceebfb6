// SPDX-License-Identifier: GPL-2.0-only
// tsipvsadm sync: what is set, shown, waited for and handed over.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quiet, runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";

const MASTER = 1;
const BACKUP = 2;
const KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

let folder: string;
let kernel: FakeKernel;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsipvsadm-"));
  kernel = new FakeKernel();
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const sync = (line: string) => runCli(kernel, ["sync", ...line.split(" ").filter((word) => word !== "")]);

const PEER = {
  node: 0x1234n, address: Uint8Array.of(10, 9, 0, 1), roles: MASTER, flows: 1200, complete: 0, itsComplete: 1, done: 453, lost: 2n, behind: 3, heard: 120,
};

describe("set", () => {
  test("with nothing is the default", async () => {
    expect(await sync("set")).toEqual(quiet);
    expect(kernel.fnat.syncSettings).toEqual({ off: 0 });
  });

  test("has peers, a port and a key", async () => {
    expect(await sync(`set --peer 10.9.0.1,10.9.0.2 --port 9000 --key-file ${file("key", `${KEY}\n`)}`)).toEqual(quiet);
    expect(kernel.fnat.syncSettings).toEqual({
      off: 0, af: 2, peers: Buffer.from([10, 9, 0, 1, 10, 9, 0, 2]), port: 9000, key: Buffer.from(KEY, "hex"),
    });
    expect(await sync(`set --peer fd09::1 --key-file ${file("raw", Buffer.from(KEY, "hex"))}`)).toEqual(quiet);
    expect(kernel.fnat.syncSettings).toMatchObject({ af: 10, key: Buffer.from(KEY, "hex") });
  });

  test("switches flows off and on", async () => {
    expect(await sync("set --flows off")).toEqual(quiet);
    expect(kernel.fnat.syncSettings).toEqual({ off: 1 });
    expect(await sync("set --flows on")).toEqual(quiet);
    expect(kernel.fnat.syncSettings).toEqual({ off: 0 });
  });

  test.each([
    ["--peer nowhere", "--peer: `nowhere' is no IP address"],
    ["--peer 10.0.0.1,fd09::1", "--peer: `10.0.0.1,fd09::1' has addresses of both families; all peers have one"],
    [`--peer ${Array.from({ length: 9 }, (_, i) => `10.0.0.${i + 1}`).join(",")}`, "--peer: 9 addresses; at most 8 can be named"],
    ["--port 0", "--port: `0' is no port; 1 to 65535 are"],
    ["--flows maybe", "--flows: `maybe' is neither on nor off"],
    ["--key 1", "sync set has no option `--key'; it has --peer, --port, --key-file, --flows"],
  ])("refuses %s", async (line, message) => {
    expect(await sync(`set ${line}`)).toEqual({ status: 2, out: "", err: `${message}\n` });
  });

  test("refuses a file that is no key, or that others can read", async () => {
    expect(await sync(`set --key-file ${file("short", "abc")}`)).toMatchObject({ status: 255, err: expect.stringMatching(/holds no key: that is 32 bytes, or 64 hexadecimal digits/) });
    expect(await sync(`set --key-file ${file("open", KEY, 0o644)}`)).toMatchObject({ status: 255, err: expect.stringMatching(/can be read or written by others: chmod 600/) });
    expect(await sync(`set --key-file ${folder}/none`)).toMatchObject({ status: 255, err: expect.stringMatching(/can't be read: ENOENT/) });
    expect(kernel.fnat.syncSettings).toBeUndefined();
  });
});

describe("status", () => {
  test("says that nothing is synchronised, and why", async () => {
    expect((await sync("status")).out).toBe("Flows are not synchronised: no sync daemon runs (--start-daemon)\n");
    kernel.fnat.sync = { ...kernel.fnat.sync, off: 1 };
    expect((await sync("status")).out).toBe("Flows are not synchronised: tsipvsadm sync set --flows off\n");
  });

  test("shows this gateway and its peers", async () => {
    kernel.fnat.sync = { ...kernel.fnat.sync, roles: BACKUP, syncId: 7, keyed: 1 };
    expect((await sync("status")).out).toBe("flows: backup, syncid 7, UDP port 8849, with a key, not complete yet\nno peer has answered\n");
    kernel.fnat.syncPeers = [PEER, { ...PEER, roles: BACKUP, lost: 0n, behind: 0, heard: 0 }];
    expect((await sync("status")).out.split("\n").slice(1)).toEqual([
      "peer 10.9.0.1: master, 1200 flows, 45.3 % of its table read, 3 messages behind, 2 messages lost, heard 0.1 s ago",
      "peer 10.9.0.1: backup, 1200 flows, heard 0.0 s ago",
      "",
    ]);
  });

  test("as JSON", async () => {
    kernel.fnat.sync = { ...kernel.fnat.sync, roles: MASTER | BACKUP, complete: 1 };
    kernel.fnat.syncPeers = [PEER];
    expect(JSON.parse((await sync("status --json")).out)).toEqual({
      sync: {
        master: true, backup: true, off: false, keyed: false, complete: true, port: 8849, syncId: 0, queued: 0,
        peers: [{
          node: "0000000000001234", address: "10.9.0.1", master: true, backup: false, flows: 1200,
          complete: false, itsComplete: true, done: 0.453, lost: 2, behind: 3, heard: 120,
        }],
      },
    });
  });

  test("of a module without is refused", async () => {
    kernel = new FakeKernel({ snat: false });
    expect(await sync("status")).toMatchObject({ status: 255, err: expect.stringMatching(/^The loaded ip_vs is the stock module, which has no source NAT/) });
    kernel = new FakeKernel();
    kernel.refuse = () => "EOPNOTSUPP";
    expect(await sync("set")).toMatchObject({ status: 255, err: "The loaded ip_vs module does not synchronise flows: it is older than this tsipvsadm\n" });
  });
});

describe("wait", () => {
  test("ends when all is here", async () => {
    kernel.fnat.sync = { ...kernel.fnat.sync, roles: BACKUP };
    const waiting = sync("wait");
    setTimeout(() => (kernel.fnat.sync = { ...kernel.fnat.sync, complete: 1 }), 300);
    expect(await waiting).toEqual(quiet);
  });

  test("fails in time, and where nothing is to come", async () => {
    expect(await sync("wait")).toEqual({ status: 255, out: "", err: "no sync daemon runs, or flows are off: see tsipvsadm sync status\n" });
    kernel.fnat.sync = { ...kernel.fnat.sync, roles: BACKUP };
    expect(await sync("wait --timeout 0")).toEqual({ status: 255, out: "", err: "not complete within 0 s: see tsipvsadm sync status\n" });
    expect(await sync("wait --timeout 61")).toEqual({ status: 2, out: "", err: "--timeout: `61' is no number of seconds from 0 to 60\n" });
  });
});

test.each([
  ["", 0, ""],
  ["ESRCH", 255, "There is nothing to hand over: no master daemon runs here, or no backup is there\n"],
  ["ETIMEDOUT", 255, "A backup has not confirmed in time\n"],
])("handover that ends with %j", async (errno, status, err) => {
  kernel.fnat.handover = errno;
  expect(await sync("handover")).toEqual({ status, out: "", err });
});
