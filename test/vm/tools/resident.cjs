// SPDX-License-Identifier: GPL-2.0-only
// tsipvsadm for many command lines in one process: a guest's cases have a thousand of
// them, and an emulated guest needs half a second to start node. It serves the bundle
// that bin/tsipvsadm runs. That keeps nothing of one command line for the next: the
// comparison with C ipvsadm runs some thousand in one process, too.
//
// A request comes over the socket on descriptor 3: the client's process id, the number
// of its arguments, and those, each ended by a NUL. Standard input is
// descriptor 0 of the client, output is 7 and error 8; they and its directory are opened
// by /proc. The answer is the exit status and a newline.
"use strict";
const { closeSync, constants, existsSync, openSync, readFileSync, statSync, unlinkSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const net = require("node:net");
const { text } = require("node:stream/consumers");
const { Script } = require("node:vm");

const READS_LINES = new Set(["-R", "--restore", "apply"]);

const root = process.argv[2];
const dist = `${root}/dist`;
const filename = `${dist}/tsipvsadm.js`;
const cache = `${dist}/cache/${process.version}-${process.arch}`;
const script = new Script(readFileSync(filename, "latin1"), {
  filename,
  ...(existsSync(cache) && { cachedData: readFileSync(cache) }),
});
const bundle = { exports: {} };
script.runInThisContext()(bundle.exports, createRequire(`${root}/bin/tsipvsadm`), bundle, filename, dist);

/** The lowest free descriptor is what a file is opened as: that of standard input, output or error. */
function reopen(fd, path, flags) {
  closeSync(fd);
  if (openSync(path, flags) !== fd) process.abort();
}

function reopenAll(paths) {
  reopen(0, paths[0], "r");
  // Several command lines may write to one file of the client's.
  reopen(1, paths[1], "a");
  reopen(2, paths[2], "a");
}

/**
 * Where the command line reads its lines from, or undefined for its own standard input.
 * What comes by a pipe may be printed by another command line, whose turn would come
 * after this one's: all of it is taken first.
 */
async function taken(pid, argv) {
  const path = `/proc/${pid}/fd/0`;
  if (!argv.some((word) => READS_LINES.has(word)) || !statSync(path).isFIFO()) return undefined;
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const copy = `/tmp/lines.${pid}`;
  writeFileSync(copy, await text(new net.Socket({ fd, readable: true, writable: false })));
  return copy;
}

async function carryOut(pid, argv, lines) {
  process.chdir(`/proc/${pid}/cwd`);
  process.argv = [process.execPath, `${root}/bin/tsipvsadm`, ...argv];
  reopenAll([0, 7, 8].map((fd) => `/proc/${pid}/fd/${fd}`));
  if (lines) {
    reopen(0, lines, "r");
    unlinkSync(lines);
  }
  try {
    return await bundle.exports.main();
  } finally {
    reopenAll(["/dev/null", "/dev/null", "/dev/null"]);
    process.chdir("/");
  }
}

let turn = Promise.resolve();

net
  .createServer((socket) => {
    let request = "";
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("data", (text) => {
      request += text;
      const [pid, count, ...argv] = request.split("\0");
      // Behind the last NUL there is an empty string.
      if (argv.length !== Number(count) + 1) return;
      argv.pop();
      void taken(pid, argv).then((lines) => {
        turn = turn.then(async () => socket.end(`${await carryOut(pid, argv, lines)}\n`));
      });
    });
  })
  .listen({ fd: 3 });
