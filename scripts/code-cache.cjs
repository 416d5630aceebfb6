// SPDX-License-Identifier: GPL-2.0-only
// code-cache.cjs BUNDLE CACHE: runs the bundle as the launcher does, and keeps
// the code that V8 compiled for it. The command lines are those that scripts
// run most; behind the addon's calls is a kernel with an empty table, made of the
// five replies that they ask for.
"use strict";
const { mkdirSync, readFileSync, writeFileSync, writeSync } = require("node:fs");
const { endianness } = require("node:os");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

const [bundlePath, cachePath] = process.argv.slice(2);
const CONTROL = 16;
const FAMILY = 32;
const GET_INFO = 15;
const DUMP = 0x300;

function message(type, sequence, payload) {
  const bytes = Buffer.alloc(16 + payload.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt32LE(sequence, 8);
  payload.copy(bytes, 16);
  return bytes;
}

/** A generic-netlink header and attributes of two or four bytes. */
const reply = (command, ...attributes) =>
  Buffer.from([command, 1, 0, 0, ...attributes.flatMap(([id, ...value]) => [4 + value.length, 0, id, 0, ...value, ...(value.length === 2 ? [0, 0] : [])])]);

/** What native/netlink.c exports. */
function addonOfEmptyKernel() {
  const answers = [];
  return {
    open: () => 3,
    send(_descriptor, datagram) {
      const bytes = Buffer.from(datagram);
      for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at)) {
        const [type, flags, sequence] = [bytes.readUInt16LE(at + 4), bytes.readUInt16LE(at + 6), bytes.readUInt32LE(at + 8)];
        if (type === CONTROL) answers.push(message(CONTROL, sequence, reply(1, [1, FAMILY, 0])));
        if (type === FAMILY && bytes[at + 16] === GET_INFO) {
          answers.push(message(FAMILY, sequence, reply(GET_INFO, [1, 1, 2, 1, 0], [2, 0, 16, 0, 0])));
        }
        if ((flags & DUMP) === DUMP) answers.push(message(3, sequence, Buffer.alloc(4)));
        else if ((flags & 4) !== 0) answers.push(message(2, sequence, Buffer.alloc(20)));
      }
      return bytes.length;
    },
    receive(_descriptor, buffer) {
      const answer = answers.shift();
      buffer.set(answer);
      return answer.length;
    },
    close: () => 0,
  };
}

async function run() {
  mkdirSync(dirname(cachePath), { recursive: true });
  // The replies above are little-endian; elsewhere every start compiles what it needs.
  if (endianness() === "BE") return;
  const script = new Script(readFileSync(bundlePath, "latin1"), { filename: bundlePath });
  const bundle = { exports: {} };
  script.runInThisContext()(bundle.exports, require, bundle, bundlePath, dirname(bundlePath));
  process.dlopen = (target) => void (target.exports = addonOfEmptyKernel());
  const lines = ["-Ln", "-A -t 10.0.0.1:80 -s rr -p 300", "-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 5", "-Sn"];
  for (const line of lines) {
    process.argv = [process.execPath, bundlePath, ...line.split(" ")];
    const status = await bundle.exports.main();
    if (status !== 0) throw new Error(`"${line}" ends with ${status}`);
  }
  writeFileSync(cachePath, script.createCachedData());
}

run().catch((error) => {
  writeSync(2, `the bundle does not run: ${error.stack}\n`);
  process.exitCode = 1;
});
