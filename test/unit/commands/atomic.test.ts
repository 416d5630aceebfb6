// SPDX-License-Identifier: GPL-2.0-only
import { BrokenPipe } from "../../../src/io.js";
import { SIGPIPE_STATUS, run } from "../../../src/main.js";
import * as ipvs from "../../../src/ipvs/abi/ipvs.js";
import { holding, quiet, runCli } from "../../helpers/cli.js";
import { FakeKernel } from "../../helpers/fake-kernel.js";
import type { Random } from "../../helpers/random.js";
import { forSeedsInTurn } from "../../helpers/random.js";
import { randomTable } from "../../helpers/random-table.js";
import { tableState } from "../../helpers/table-state.js";

/** Lines of every kind that the kernel takes on top of `present`. */
async function randomLines(random: Random, present: readonly string[]): Promise<string[]> {
  const wanted = randomTable(random);
  const { out } = await runCli(await holding(present), "apply --dry-run -", wanted.join("\n"));
  const lines = out.split("\n").slice(0, -1);
  const made = wanted.filter((line) => /^-[AaK]/.test(line));
  const daemons = ["master", "backup"].filter((state) => present.some((line) => line.startsWith(`--start-daemon ${state}`)));
  const stops = wanted.includes("--stop-daemon master") ? daemons.map((state) => `--stop-daemon ${state}`) : [];
  return random.pick([lines, [...lines, "-Z"], [...lines, "-C", ...made], [...stops, "-C", ...made], ["-Z", "-C"]]);
}

test("all lines are done, as without --atomic", async () => {
  await forSeedsInTurn(25, async (random) => {
    const present = randomTable(random);
    const lines = await randomLines(random, present);
    const [kernel, other] = [await holding(present), await holding(present)];
    expect(await runCli(kernel, "-R --atomic", lines.join("\n"))).toEqual(quiet);
    expect(await runCli(other, "-R", lines.join("\n"))).toEqual(quiet);
    expect(await tableState(kernel)).toEqual(await tableState(other));
    expect(kernel.changes.length).toBe(lines.length);
  });
}, 60_000);

test("when one is refused, wherever it is, all is as it was", async () => {
  await forSeedsInTurn(5, async (random) => {
    const present = randomTable(random);
    const state = await tableState(await holding(present));
    const lines = await randomLines(random, present);
    for (const [index, line] of lines.entries()) {
      const kernel = await holding(present);
      kernel.refuse = () => (kernel.changes.length === index + 1 ? "ENOMEM" : undefined);
      const { status, out, err } = await runCli(kernel, "-R --atomic", lines.join("\n"));
      expect([status, out]).toEqual([255, ""]);
      expect(err.split("\n")).toEqual([`line ${index + 1}: \`${line}': Memory allocation problem`, expect.stringMatching(/^(nothing was changed|all that was done is undone.*)$/), ""]);
      expect(await tableState(kernel)).toEqual(state);
    }
  });
}, 120_000);

test("a line that can't be read, or that the table does not let pass: nothing is sent", async () => {
  const kernel = await holding(["-A -t 10.0.0.1:80 -s rr"]);
  for (const line of ["-A -t", "-L", "-A -t 10.0.0.1:80", "-d -t 10.0.0.1:80 -r 10.1.0.1", "-K -f 1 -F 10.0.0.0/8 -U 1.1.2.1", "-h", "-v", "-S"]) {
    const { status, err } = await runCli(kernel, "-R --atomic", `-C\n-A -t 10.0.0.1:80\n-A -u 10.0.0.1:80\n${line}\n`);
    expect([line, status === 2 || status === 255]).toEqual([line, true]);
    expect(err).toMatch(/^line 4: `.*': .*\nnothing was changed\n$/);
  }
  expect(kernel.changes).toEqual([]);
});

test("what takes something away is not sent behind a line that is refused", async () => {
  const kernel = await holding(["-A -t 10.0.0.1:80 -s rr"]);
  const lines = ["-A -t 10.0.0.2:80", "-A -t 10.0.0.3:80 -s nosuch", "-C", "-A -t 10.0.0.4:80"];
  expect(await runCli(kernel, "-R --atomic", lines.join("\n"))).toEqual({
    status: 255,
    out: "",
    err: "line 2: `-A -t 10.0.0.3:80 -s nosuch': Scheduler or persistence engine not found\nall that was done is undone\n",
  });
  expect(kernel.changes.map(({ command }) => command)).toEqual([ipvs.commands.newService, ipvs.commands.newService, ipvs.commands.delService]);
});

test("a service that is no SNAT service for a while has lost its rules", async () => {
  const kernel = await holding(["-A -f 1 -s snat_sched", "-K -f 1 -F 10.0.0.0/8 -U 1.1.2.1"]);
  const lines = ["-E -f 1 -s rr", "-E -f 1 -s snat_sched", "-K -f 1 -F 10.0.0.0/8 -U 1.1.2.2"];
  expect(await runCli(kernel, "-R --atomic", lines.join("\n"))).toEqual(quiet);
  expect((await runCli(kernel, "-Sn")).out).toContain("-U 1.1.2.2 ");
  expect((await runCli(kernel, "-R --atomic", "-E -f 1 -s rr\n-K -f 1 -F 10.1.0.0/16 -U 1.1.2.1")).err).toBe(
    "line 2: `-K -f 1 -F 10.1.0.0/16 -U 1.1.2.1': Service not defined: this service's scheduler is not snat_sched\nnothing was changed\n",
  );
});

test("what cannot be put back is said", async () => {
  const kernel = await holding(["-A -t 10.0.0.1:80 -s rr", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m", "-A -t 10.0.0.2:80 -s rr"]);
  const { setDest, newService } = ipvs.commands;
  // The service's deletion works and its coming back does not.
  kernel.refuse = ({ command }) => (kernel.changes.length > 3 && [setDest, newService].some((one) => one === command) ? "ENOMEM" : undefined);
  const lines = ["-A -u 10.0.0.9:53 -s rr", "-D -t 10.0.0.2:80", "-e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 9", "-A -t 10.0.0.3:80 -s rr"];
  expect(await runCli(kernel, "-R --atomic", lines.join("\n"))).toEqual({
    status: 255,
    out: "",
    err:
      "line 4: `-A -t 10.0.0.3:80 -s rr': Memory allocation problem\n" +
      "undoing with `-e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1': Memory allocation problem\n" +
      "undoing with `-A -t 10.0.0.2:80 -s rr': Memory allocation problem\n" +
      "not all is undone: the commands above, which failed, would put back the rest; " +
      "counters that were deleted or zeroed are lost, and flows may have ended\n",
  });
  expect((await runCli(kernel, "-Sn")).out).toBe("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 9\n");
});

test("lost answers are undone too, whichever requests took effect", async () => {
  const present = ["-A -t 10.0.0.1:80 -s rr"];
  const kernel = await holding(present);
  const lines = Array.from({ length: 300 }, (_, i) => `-A -t 10.1.${i >> 8}.${i & 255}:80 -s rr`);
  let lose = true;
  kernel.refuse = () => {
    if (lose && kernel.changes.length === 200) kernel.inject("overrun");
    lose &&= kernel.changes.length < 200;
    return undefined;
  };
  const { status, err } = await runCli(kernel, "-R --atomic", lines.join("\n"));
  expect(status).toBe(255);
  expect(err).toMatch(/^line \d+: `-A -t .*': .*ENOBUFS.*\nall that was done is undone\n$/);
  expect(await tableState(kernel)).toEqual(await tableState(await holding(present)));
});

test("a signal waits until all is undone", async () => {
  const present = ["-A -t 10.0.0.1:80 -s rr", "-A -t 10.0.0.2:80 -s rr", "-A -t 10.0.0.3:80 -s rr"];
  const kernel = await holding(present);
  kernel.refuse = () => void (kernel.changes.length === 2 && process.emit("SIGTERM", "SIGTERM"));
  expect(await runCli(kernel, "-R --atomic", "-D -t 10.0.0.1:80\n-D -t 10.0.0.2:80\n-D -t 10.0.0.3:80")).toEqual({
    status: 255,
    out: "",
    err: "interrupted by SIGTERM\nall that was done is undone; counters that were deleted or zeroed are lost, and flows may have ended\n",
  });
  expect(kernel.changes).toHaveLength(4);
  expect(await tableState(kernel)).toEqual(await tableState(await holding(present)));
  expect(process.listenerCount("SIGTERM")).toBe(0);
});

test("all is undone though nobody reads why", async () => {
  const kernel = new FakeKernel();
  const io = {
    out: () => undefined,
    err: () => {
      throw new BrokenPipe();
    },
    flush: () => undefined,
    lines: () => ["-A -t 10.0.0.1:80 -s rr", "-A -t 10.0.0.2:80 -s nosuch"],
    colour: false,
  };
  expect(await run(["-R", "--atomic"], io, () => kernel.client())).toBe(SIGPIPE_STATUS);
  expect(kernel.ipvs.services.size).toBe(0);
});

test("what others change meanwhile stays", async () => {
  const kernel = await holding(["-A -t 10.0.0.1:80 -s rr", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m", "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m"]);
  const other = await holding(["-A -t 10.0.0.1:80 -s rr", "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m", "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 50", "-A -t 10.0.0.8:80 -s rr"]);
  kernel.refuse = () => {
    if (kernel.changes.length !== 2) return undefined;
    // One server's weight, and a service of its own.
    const [name, service] = [...other.ipvs.services].at(-1)!;
    kernel.ipvs.services.set(name, service);
    const [servers, theirs] = [kernel, other].map(({ ipvs: { services } }) => [...services.values()][0]!.servers);
    for (const [id, server] of theirs!) if (server.weight === 50) servers!.set(id, server);
    return "ENOMEM";
  };
  expect((await runCli(kernel, "-R --atomic", "-e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 3\n-A -t 10.0.0.7:80")).err).toContain("all that was done is undone");
  expect(await tableState(kernel)).toEqual(await tableState(other));
});
