// SPDX-License-Identifier: GPL-2.0-only
// Bundles the command line into dist/tsipvsadm.js, a function as modules are,
// and keeps the code that V8 compiles for it (see scripts/launcher.cjs).
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
        " process.dlopen(target, __dirname + '/../native/netlink-package.node'); return target.exports; })()";
      return { contents: source.replace(loader, own), loader: "js" };
    });
  },
};

// Packages that few command lines need are files of their own, found beside the
// bundle by the launcher's require: reading them would cost every start.
const packages = new Map();
const lazyPackages = {
  name: "lazy-packages",
  setup(bundler) {
    bundler.onResolve({ filter: /^[a-z]/ }, ({ path, importer }) => {
      if (path.startsWith("node:") || !importer.startsWith(join(root, "src"))) return undefined;
      const name = `${path.replaceAll("/", "-").replace(/\.js$/, "")}.js`;
      packages.set(name, path);
      return { path: `../dist/packages/${name}`, external: true };
    });
  },
};

function licence(name) {
  const folder = join(root, "node_modules", name);
  const { version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const by = typeof author === "string" ? author : author?.name;
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Copyright ${by ?? "its authors"}`;
  return `${"-".repeat(80)}\n${name} ${version}, licence ${license}\n\n${text}\n`;
}

mkdirSync(join(dist, "native"), { recursive: true });
rmSync(join(dist, "cache"), { recursive: true, force: true });
copyFileSync(
  join(root, "node_modules/netlink/prebuilds", `linux-${process.arch}`, "node.napi.node"),
  join(dist, "native", "netlink-package.node"),
);
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node18",
  format: "cjs",
  // The launcher reads it as such, which takes no decoding.
  charset: "ascii",
  // Names stay, for stack traces: keepNames would cost at every closure.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "inline",
  // vm.Script has no loader for import(); require does the same here.
  supported: { "dynamic-import": false },
  logLevel: "warning",
};
const { outputFiles } = await build({
  ...options,
  entryPoints: ["src/entry.ts"],
  outfile: "dist/tsipvsadm.js",
  write: false,
  plugins: [lazyPackages],
});
const bundled = new Set(["netlink"]);
for (const [name, path] of packages) {
  const { metafile } = await build({ ...options, metafile: true, entryPoints: [path], outfile: `dist/packages/${name}`, plugins: [netlinkBinary] });
  for (const input of Object.keys(metafile.inputs)) {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (name) bundled.add(name);
  }
}
// Their licences ask to go along.
writeFileSync(join(dist, "packages/LICENSES"), [...bundled].sort().map(licence).join("\n"));
const bundle = join(dist, "tsipvsadm.js");
writeFileSync(bundle, `(function (exports, require, module, __filename, __dirname) {${outputFiles[0].text}\n})`);
execFileSync(process.execPath, [join(root, "scripts/code-cache.cjs"), bundle, join(dist, "cache", `${process.version}-${process.arch}`)], {
  stdio: ["ignore", "ignore", "inherit"],
});
