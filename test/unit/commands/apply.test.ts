// SPDX-License-Identifier: GPL-2.0-only
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holding, quiet, runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import { forSeedsInTurn } from "../../helpers/random.js";
import { randomTable } from "../../helpers/random-table.js";
import { tableState } from "../../helpers/table-state.js";

/** Timeouts and daemons that a table does not mention stay as they were. */
function completed(wanted: readonly string[], present: readonly string[]): string[] {
  const kept = ["-daemon master", "-daemon backup"].flatMap((kind) =>
    wanted.some((line) => line.includes(kind)) ? [] : present.filter((line) => line.includes(kind)),
  );
  const timeouts = [...present, ...wanted].filter((line) => line.startsWith("--set"));
  return [...wanted.filter((line) => !line.startsWith("--set")), ...kept, ...timeouts];
}

test("what is applied to any table becomes the table, and nothing is sent the second time", async () => {
  await forSeedsInTurn(60, async (random) => {
    const present = randomTable(random);
    const wanted = randomTable(random);
    const kernel = await holding(present);
    const printed = await runCli(kernel, "apply --dry-run -", wanted.join("\n"));
    expect(printed.status).toBe(0);
    expect(kernel.changes).toEqual([]);
    expect(await runCli(kernel, "apply -", wanted.join("\n"))).toEqual({ ...printed, out: "" });
    expect(kernel.changes.length).toBe(printed.out.split("\n").length - 1);
    const state = await tableState(kernel);
    expect(state).toEqual(await tableState(await holding(completed(wanted, present))));
    kernel.changes.length = 0;
    expect(await runCli(kernel, "apply -", wanted.join("\n"))).toEqual(quiet);
    expect(kernel.changes).toEqual([]);
    // The printed lines do the same, each of them taken.
    const other = await holding(present);
    expect(await runCli(other, "-R", printed.out)).toEqual(quiet);
    expect(await tableState(other)).toEqual(state);
  });
}, 60_000);

test("what -S prints of any table is that table", async () => {
  await forSeedsInTurn(50, async (random) => {
    const kernel = await holding(randomTable(random));
    const saved = (await runCli(kernel, "-S -n")).out;
    expect(await runCli(kernel, "apply --dry-run -", saved)).toEqual(quiet);
  });
}, 60_000);

test("what stays is not touched: no request names it", async () => {
  await forSeedsInTurn(50, async (random) => {
    const kernel = await holding(randomTable(random));
    const before = new Map(kernel.ipvs.services);
    const servers = new Map([...before].map(([id, service]) => [id, new Map(service.servers)]));
    const texts = new Map([...before].map(([id, { values }]) => [id, values]));
    const saved = (await runCli(kernel, "-S -n")).out.split("\n");
    // One service in the middle of the table goes, with all that is its own; another comes.
    const gone = /^-A (\S+ \S+( -6)?)/.exec(random.pick(saved.filter((line) => line.startsWith("-A"))) ?? "")?.[1] ?? "nothing";
    const kept = saved.filter((line) => !`${line} `.includes(` ${gone} `) || (!gone.endsWith("-6") && line.includes(`${gone} -6`)));
    expect((await runCli(kernel, "apply -", ["-A -t 10.99.0.1:1 -s rr", ...kept].join("\n"))).status).toBe(0);
    expect(kernel.changes.length).toBeLessThanOrEqual(2);
    for (const [id, service] of kernel.ipvs.services) {
      if (!before.has(id)) continue;
      expect(service).toBe(before.get(id));
      expect(service.values).toBe(texts.get(id));
      for (const [name, server] of service.servers) expect(server).toBe(servers.get(id)!.get(name));
    }
  });
}, 60_000);

test("lvs-snat's saved format and ipvsadm-save's output are tables", async () => {
  const kernel = await holding(["-A -f 1 -s snat_sched", "-K -f 1 -F 192.168.40.0/24 -U 1.1.2.100-1.1.2.110", "-A -t 10.0.0.1:80 -p", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m"]);
  const saved = `ipvsadm -A -t 10.0.0.1:http -s wlc -p 360
-a -t 10.0.0.1:http -r 10.1.0.1:http -m -w 1
ipvsadm -A -f 1 -s snat_sched
ipvsadm -K -f 1 -F 192.168.40.0/24 -T 0.0.0.0/0 -W 0.0.0.0 -U 1.1.2.100-1.1.2.110 -O sdh -N 0.0.0.0\r
`;
  expect(await runCli(kernel, "apply --dry-run -", saved)).toEqual(quiet);
});

test("a refusal names the line, and all is as it was, wherever it comes", async () => {
  await forSeedsInTurn(4, async (random) => {
    const present = randomTable(random);
    const wanted = randomTable(random);
    const state = await tableState(await holding(present));
    const { out } = await runCli(await holding(present), "apply --dry-run -", wanted.join("\n"));
    const changes = out.split("\n").slice(0, -1);
    for (const [index, change] of changes.entries()) {
      const kernel = await holding(present);
      kernel.refuse = () => (kernel.changes.length === index + 1 ? "ENOMEM" : undefined);
      const { status, err } = await runCli(kernel, "apply -", wanted.join("\n"));
      expect([change, status]).toEqual([change, 255]);
      expect(err).toMatch(/^(apply: .*\n)*(line \d+: )?`.*': Memory allocation problem\n(nothing was changed|all that was done is undone.*)\n$/);
      expect(await tableState(kernel)).toEqual(state);
    }
  });
}, 120_000);

test("a table that changes underneath: a clear error, and a second apply mends", async () => {
  const kernel = await holding(["-A -t 10.0.0.1:80 -s rr", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m"]);
  const wanted = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 7\n-A -t 10.0.0.2:80 -s rr\n";
  let disturbed = false;
  kernel.refuse = () => {
    if (!disturbed) kernel.ipvs.services.clear();
    disturbed = true;
    return undefined;
  };
  expect(await runCli(kernel, "apply -", wanted)).toEqual({
    status: 255,
    out: "",
    err: "line 2: `-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 7': Service not defined\nall that was done is undone\n",
  });
  expect(await runCli(kernel, "apply -", wanted)).toEqual(quiet);
  expect((await runCli(kernel, "-Sn")).out).toBe(wanted.replaceAll(/-a .*/g, "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 7"));
});

test("the file is read from its path", async () => {
  const folder = mkdtempSync(join(tmpdir(), "apply-"));
  try {
    const path = join(folder, "table with a blank");
    writeFileSync(path, "-A -t 10.0.0.1:80 -s rr\n");
    const kernel = new FakeKernel();
    expect(await runCli(kernel, ["apply", path])).toEqual(quiet);
    expect((await runCli(kernel, "-Sn")).out).toBe("-A -t 10.0.0.1:80 -s rr\n");
    expect(await runCli(kernel, ["apply", folder])).toMatchObject({ status: 1, err: expect.stringContaining("illegal operation on a directory") as string });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("without the module's rules nothing is changed", async () => {
  const kernel = new FakeKernel({ snat: false });
  const { status, err } = await runCli(kernel, "apply -", "-A -t 10.0.0.1:80\n-A -f 1 -s snat_sched\n-K -f 1 -F 10.0.0.0/8 -U 1.1.2.100\n");
  expect([status, kernel.changes]).toEqual([255, []]);
  expect(err).toMatch(/^The loaded ip_vs is the stock module/);
});
