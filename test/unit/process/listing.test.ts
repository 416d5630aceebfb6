// SPDX-License-Identifier: GPL-2.0-only
// Long listings as a process of its own: its memory, its lines, its end.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** A million in test:all. Kept in memory, these too would be over the limit. */
const CONNECTIONS = process.env["WHOLE"] ? 1_000_000 : 300_000;
/** KiB that a listing may have resident at its peak. */
const PEAK_LIMIT = 100 * 1024;
const STATES = ["ESTABLISHED", "FIN_WAIT", "TIME_WAIT", "SYN_RECV", "CLOSE_WAIT"];

const folder = mkdtempSync(join(tmpdir(), "tsipvsadm-"));
const program = join(folder, "listing.js");
const table = join(folder, "ip_vs_conn");
const peak = join(folder, "peak");

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0");

/** A line as the kernel's ip_vs_conn_seq_show() writes it; clients are all different, one in a hundred is IPv6. */
function line(index: number): string {
  const end = `${STATES[index % STATES.length]!.padEnd(11)} ${String(index % 900).padStart(7)}`;
  const [low, high] = [hex(index & 0xffff, 4), hex(index >> 16, 4)];
  if (index % 100 === 0) {
    const six = (last: string) => `2001:0DB8:0000:0000:0000:0000:${last}`.toLowerCase();
    return `TCP ${six(`${high}:${low}`)} C350 ${six("0000:0001")} 01BB ${six("0000:0002")} 20FB ${end}\n`;
  }
  const engine = index % 100 === 1 ? ` sip ${index}@example.org` : "";
  return `TCP 0A${high.slice(2)}${low} C350 C0000201 01BB AC1000${hex(index % 256, 2)} 20FB ${end}${engine}\n`;
}

beforeAll(() => {
  buildSync({
    entryPoints: [join(__dirname, "../../helpers/listing-process.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    external: ["netlink"],
    logLevel: "error",
  });
  const file = openSync(table, "w");
  writeSync(file, "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n");
  for (let index = 0; index < CONNECTIONS; index += 10_000) {
    writeSync(file, Array.from({ length: 10_000 }, (_, i) => line(index + i)).join(""));
  }
  closeSync(file);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const environment = (more: Readonly<Record<string, string>>) => ({ ...process.env, CONNECTIONS: table, PEAK: peak, ...more });

/** Lines of the listing, how many have `word`, the last one, and the peak of its memory in KiB. */
function listed(argv: string, word: string, env: Readonly<Record<string, string>> = {}) {
  const count = 'set -o pipefail; w=$1; shift; "$@" | awk -v w="$w" \'index($0, w) { n++ } END { print NR; print n; print }\'';
  const output = execFileSync("bash", ["-c", count, "bash", word, process.execPath, program, ...argv.split(" ")], { env: environment(env), encoding: "utf8" });
  const [lines, found, last] = output.split("\n");
  return { lines: Number(lines), found: Number(found), last, peak: Number(readFileSync(peak, "utf8")) };
}

test.each([
  ["-Lnc", " 192.0.2.1:443 ", 0.99],
  ["-Lc -n --nosort", " 192.0.2.1:443 ", 0.99],
  ["-Lnc --persistent-conn", " sip                ", 0.01],
  ["-Lc", " host-192.0.2.1.example:https ", 0.99],
  ["-Lc --json", '"virtual": "192.0.2.1", "virtualPort": 443', 0.99],
])(
  "%s of many connections stays below 100 MiB",
  (argv, word, found) => {
    const listing = listed(argv, word);
    expect(listing).toMatchObject({ lines: CONNECTIONS + 2, found: found * CONNECTIONS });
    expect(listing.peak).toBeGreaterThan(20 * 1024);
    expect(listing.peak).toBeLessThan(PEAK_LIMIT);
  },
  120_000,
);

test("so does a listing of flows", () => {
  const { lines, found, last, peak } = listed("-Lnc", " 1.1.2.10", { FLOWS: "200000", CONNECTIONS: "/dev/null" });
  expect([lines, found]).toEqual([200_002, 200_000]);
  expect(last).toMatch(/^TCP +\d\d:\d\d +[A-Z_]+ +192\.168\.\d+\.\d+:\d+ +8\.19\.13\.63:443 +1\.1\.2\.109:3391 +8\.19\.13\.63:443$/);
  expect(peak).toBeLessThan(PEAK_LIMIT);
}, 120_000);

/** How a listing ends whose reader goes away after its first bytes. */
function abandoned(argv: string, env: Readonly<Record<string, string>> = {}): Promise<{ signal: string | null; err: string }> {
  const child = spawn(process.execPath, [program, ...argv.split(" ")], { env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
  let err = "";
  child.stderr.on("data", (text: Buffer) => (err += text.toString()));
  child.stdout.once("data", () => child.stdout.destroy());
  return new Promise((resolve) => child.once("close", (_, signal) => resolve({ signal, err })));
}

// As many flows as would take days.
test.each([["-Lnc"], ["-Lc"], ["-Lc --json"]])("%s ends silently, by SIGPIPE and at once, when nobody reads on", async (argv) => {
  expect(await abandoned(argv)).toEqual({ signal: "SIGPIPE", err: "" });
  expect(await abandoned(argv, { FLOWS: "1e12", CONNECTIONS: "/dev/null" })).toEqual({ signal: "SIGPIPE", err: "" });
}, 30_000);

test.each([
  ["-Ln", "stdout"],
  ["-L --timeout", "stdout"],
  ["-L --no-such", "stderr"],
] as const)("so does %s when nobody reads its %s at all", async (argv, stream) => {
  const child = spawn(process.execPath, [program, ...argv.split(" ")], { env: environment({}), stdio: ["ignore", "pipe", "pipe"] });
  child[stream].destroy();
  expect(await new Promise((resolve) => child.once("close", (_, signal) => resolve(signal)))).toBe("SIGPIPE");
});
