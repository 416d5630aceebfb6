// SPDX-License-Identifier: GPL-2.0-only
import * as fs from "node:fs";
import { BrokenPipe, processIo } from "../../src/io.js";

jest.mock("node:fs", () => ({
  ...jest.requireActual<typeof import("node:fs")>("node:fs"),
  writeSync: jest.fn(),
  readSync: jest.fn(),
  fstatSync: jest.fn(),
}));

const writeSync = fs.writeSync as unknown as jest.Mock;
const readSync = fs.readSync as unknown as jest.Mock;
const fstatSync = fs.fstatSync as unknown as jest.Mock;

let written: string[];

const failure = (code: string) => Object.assign(new Error(code), { code });

beforeEach(() => {
  written = [];
  writeSync.mockReset().mockImplementation((fd: number, bytes: Buffer, offset: number) => {
    written.push(`${fd} ${bytes.toString("utf8", offset)}`);
    return bytes.length - offset;
  });
});

test("output is gathered, and errors stand behind what came before them", () => {
  const io = processIo({});
  io.out("a");
  io.out("b");
  expect(written).toEqual([]);
  io.err("e");
  io.out("c");
  io.flush();
  expect(written).toEqual(["1 ab", "2 e", "1 c"]);
});

test("long output does not wait for the end", () => {
  const io = processIo({});
  for (let i = 0; i < 100; i++) io.out("x".repeat(1000));
  expect(written).toHaveLength(1);
});

test("a write that takes a part, or none for now, is gone on with", () => {
  let calls = 0;
  writeSync.mockImplementation((_fd: number, bytes: Buffer, offset: number) => {
    if (++calls === 2) throw failure("EAGAIN");
    written.push(bytes.toString("utf8", offset, offset + 3));
    return Math.min(3, bytes.length - offset);
  });
  const io = processIo({});
  io.out("abcdefgh");
  io.flush();
  expect(written).toEqual(["abc", "def", "gh"]);
});

test("a reader that has gone and a full disk are told apart", () => {
  const io = processIo({});
  writeSync.mockImplementationOnce(() => {
    throw failure("EPIPE");
  });
  io.out("a");
  expect(() => io.flush()).toThrow(BrokenPipe);
  writeSync.mockImplementationOnce(() => {
    throw failure("ENOSPC");
  });
  io.out("a");
  expect(() => io.flush()).toThrow("standard input or output: ENOSPC");
});

test("lines come whole, however they are cut", () => {
  const text = Buffer.from("-A -t 1.2.3.4:80\n\n# Brücke\n-C");
  for (let size = 1; size <= text.length; size++) {
    let offset = 0;
    readSync.mockReset().mockImplementation((_fd: number, chunk: Buffer) => {
      const length = text.copy(chunk, 0, offset, offset + size);
      offset += length;
      return length;
    });
    expect([...processIo({}).lines()]).toEqual(["-A -t 1.2.3.4:80", "", "# Brücke", "-C"]);
  }
});

test("no colour in a pipe, on a dumb terminal, nor with NO_COLOR", () => {
  const TERM = "xterm";
  fstatSync.mockReturnValue({ isCharacterDevice: () => false });
  expect(processIo({ TERM }).colour).toBe(false);
  fstatSync.mockReturnValue({ isCharacterDevice: () => true, rdev: 0x8801 });
  const isatty = jest.spyOn(jest.requireActual<typeof import("node:tty")>("node:tty"), "isatty").mockReturnValue(true);
  expect(processIo({ TERM }).colour).toBe(true);
  expect(processIo({ TERM, NO_COLOR: "1" }).colour).toBe(false);
  expect(processIo({ TERM: "dumb" }).colour).toBe(false);
  expect(processIo({}).colour).toBe(false);
  // /dev/null is no terminal, and node:tty is not loaded to find that out.
  isatty.mockClear();
  fstatSync.mockReturnValue({ isCharacterDevice: () => true, rdev: 0x0103 });
  expect(processIo({ TERM }).colour).toBe(false);
  expect(isatty).not.toHaveBeenCalled();
  isatty.mockRestore();
});
