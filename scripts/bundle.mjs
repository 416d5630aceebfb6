// SPDX-License-Identifier: GPL-2.0-only
// Bundles the command line into dist/tsipvsadm.js, then runs the bundle once
// to keep the code that V8 compiled for it (see bin/tsipvsadm).
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

// The netlink package looks for its binary beside its own sources; in the
// bundle it is beside the bundle.
const netlinkBinary = {
  name: "netlink-binary",
  setup(bundler) {
    bundler.onLoad({ filter: /netlink\/dist\/raw\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const loader = "require('node-gyp-build')(__dirname + '/..')";
      if (!source.includes(loader)) throw new Error(`${path} no longer loads its binary by ${loader}`);
      const own =
        "(() => { const target = { exports: {} };" +
        " process.dlopen(target, __dirname + '/native/netlink-package.node'); return target.exports; })()";
      return { contents: source.replace(loader, own), loader: "js" };
    });
  },
};

mkdirSync(join(dist, "native"), { recursive: true });
rmSync(join(dist, "cache"), { recursive: true, force: true });
copyFileSync(
  join(root, "node_modules/netlink/prebuilds", `linux-${process.arch}`, "node.napi.node"),
  join(dist, "native", "netlink-package.node"),
);
await build({
  absWorkingDir: root,
  entryPoints: ["src/entry.ts"],
  outfile: "dist/tsipvsadm.js",
  bundle: true,
  platform: "node",
  target: "node18",
  format: "cjs",
  // Names stay, for stack traces: keepNames would cost at every closure.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "inline",
  // vm.Script has no loader for import(); require does the same here.
  supported: { "dynamic-import": false },
  plugins: [netlinkBinary],
  logLevel: "warning",
});
// A line that is read in full and then refused: it needs no kernel, and has V8
// compile the parser for the cache.
const refused = ["-K", "-f", "1", "-F", "10.0.0.0/8", "-T", "8.8.8.8", "-W", "1.1.1.1", "--oif", "eth0", "-U", "::1"];
const { stderr } = spawnSync(process.execPath, [join(root, "bin/tsipvsadm"), ...refused], {
  env: { ...process.env, TSIPVSADM_WRITE_CACHE: "1" },
  encoding: "utf8",
});
if (!existsSync(join(dist, "cache"))) throw new Error(`the bundle does not run: ${stderr}`);
