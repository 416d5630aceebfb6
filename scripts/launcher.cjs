// SPDX-License-Identifier: GPL-2.0-only
// bin/tsipvsadm, behind a first line that names the Node of the build: env, which
// would look for it, costs a start more than reading the command line does.
"use strict";
const { readFileSync } = require("node:fs");
const { Script } = require("node:vm");

const dist = `${__dirname}/../dist`;
const filename = `${dist}/tsipvsadm.js`;
// V8 refuses code that another version or machine compiled, and compiles anew then.
const cache = `${dist}/cache/${process.version}-${process.arch}`;

function read(path, encoding) {
  try {
    return readFileSync(path, encoding);
  } catch {
    return undefined;
  }
}

const source = read(filename, "latin1");
if (!source) {
  process.stderr.write(`tsipvsadm: ${filename} is not there: npm run build makes it\n`);
  process.exitCode = 255;
} else {
  const script = new Script(source, { filename, cachedData: read(cache) });
  const bundle = { exports: {} };
  script.runInThisContext()(bundle.exports, require, bundle, filename, dist);
  // All is written by then; to let the process run out costs more than many a command.
  bundle.exports.main().then((status) => process.exit(status));
}
