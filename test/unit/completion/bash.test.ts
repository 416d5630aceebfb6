// SPDX-License-Identifier: GPL-2.0-only
// The generated completion, asked by a real bash.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isLegal, options } from "../../../src/cli/options.js";
import { verbs } from "../../../src/cli/verbs.js";
import { algorithms } from "../../../src/model/snat-rule.js";

const SCRIPT = join(__dirname, "../../../completion/tsipvsadm.bash");

/** What bash offers for the last word of the line; readline makes = a word of its own. */
function offered(line: string): string[] {
  const words = line.split(/ |(?<==)|(?==)/);
  const program = `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tsipvsadm
    ((\${#COMPREPLY[@]} == 0)) || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync("bash", ["--norc", "-c", program, SCRIPT, ...words], { encoding: "utf8" });
  return out.split("\n").filter((word) => word !== "");
}

test("bash itself knows it", () => {
  expect(execFileSync("bash", ["-c", `. "$0"; complete -p tsipvsadm`, SCRIPT], { encoding: "utf8" })).toBe(
    "complete -F _tsipvsadm tsipvsadm\n",
  );
});

test("the first word is a verb", () => {
  expect(offered("tsipvsadm --add-s")).toEqual(["--add-service", "--add-server", "--add-snat"]);
  expect(offered("tsipvsadm ")).toEqual(
    [...new Set(verbs.flatMap(({ shorts, long, word }) => [...[...shorts].map((letter) => `-${letter}`), word ? long : `--${long}`]))],
  );
});

test("schedulers behind -s, glued or apart, short or long", () => {
  expect(offered("tsipvsadm -A -f 1 -s s")).toEqual(["sh", "sed", "snat_sched"]);
  expect(offered("tsipvsadm --add-service -f 1 --scheduler=wr")).toEqual(["wrr"]);
  expect(offered("tsipvsadm --add-service -f 1 --scheduler=")).toContain("rr");
});

test("a rule's algorithms are those that the parser takes", () => {
  expect(offered("tsipvsadm -K -f 1 -O ")).toEqual(algorithms);
  expect(offered("tsipvsadm -Kf 1 --algo r")).toEqual(["random"]);
});

test("-K may become a rule or a zone", () => {
  expect(offered("tsipvsadm -K --z")).toEqual(["--zone"]);
  expect(offered("tsipvsadm -K --f")).toEqual(["--fwmark-service", "--from", "--fullnat"]);
  expect(offered("tsipvsadm --add-zone --")).toEqual(["--zone", "--before", "--ipv6", "--sort"]);
  expect(offered("tsipvsadm -P --zone 10.0.0.0/8 --l")).toEqual(["--local-address"]);
  expect(offered("tsipvsadm -P --")).toEqual(expect.arrayContaining(["--zone", "--tcp-service", "--fwmark-service"]));
});

test("network devices behind --oif", () => {
  const devices = readdirSync("/sys/class/net").filter((name) => name !== "bonding_masters");
  expect(offered("tsipvsadm -K -f 1 --oif ").sort()).toEqual(devices.sort());
  expect(offered("tsipvsadm -K -f 1 --oif=l")).toContain("lo");
});

test("-b is a list of flags with -A and takes nothing with -K", () => {
  expect(offered("tsipvsadm -A -f 1 -b sh-")).toEqual(["sh-fallback", "sh-port"]);
  expect(offered("tsipvsadm -A -f 1 -b sh-port,sh-")).toEqual(["sh-port,sh-fallback"]);
  expect(offered("tsipvsadm -K -f 1 -b --al")).toEqual(["--algo"]);
});

test("sync daemon states", () => {
  expect(offered("tsipvsadm --start-daemon ")).toEqual(["master", "backup"]);
  expect(offered("tsipvsadm --start-daemon=m")).toEqual(["master"]);
  expect(offered("tsipvsadm --start-daemon master --mcast-i")).toEqual(["--mcast-interface"]);
});

test("a file behind apply", () => {
  expect(offered(`tsipvsadm apply ${SCRIPT.slice(0, -4)}`)).toEqual([SCRIPT]);
  expect(offered("tsipvsadm apply --d")).toEqual(["--dry-run"]);
  expect(offered(`tsipvsadm apply --dry-run ${SCRIPT.slice(0, -4)}`)).toEqual([SCRIPT]);
});

test("the words behind module, and what is theirs", () => {
  expect(offered("tsipvsadm mod")).toEqual(["module"]);
  expect(offered("tsipvsadm module un")).toEqual(["unload", "uninstall"]);
  expect(offered("tsipvsadm module reload --f")).toEqual(["--from", "--flow-tab-bits", "--flow-max"]);
  expect(offered("tsipvsadm module status --json --")).toEqual(["--kernel"]);
  expect(offered("tsipvsadm module unload --")).toEqual([]);
  expect(offered("tsipvsadm module show flow_")).toEqual(["flow_tab_bits", "flow_max", "flow_limit", "flow_timeout_unanswered"]);
  expect(offered("tsipvsadm module set flow_m")).toEqual(["flow_max="]);
  expect(offered(`tsipvsadm module patch ${SCRIPT.slice(0, -4)}`)).toEqual([SCRIPT]);
  expect(offered(`tsipvsadm module load --from ${SCRIPT.slice(0, -4)}`)).toEqual([SCRIPT]);
});

test("an option that was given is not offered again, nor another of its kind", () => {
  expect(offered("tsipvsadm -L --st")).toEqual(["--stats"]);
  expect(offered("tsipvsadm -L --stats --st")).toEqual([]);
  expect(offered("tsipvsadm -Ln --num")).toEqual([]);
  expect(offered("tsipvsadm -D -t 10.0.0.1:80 --")).not.toContain("--udp-service");
});

test("words that are arguments are not taken for options", () => {
  expect(offered("tsipvsadm -A -f 1 -srr --op")).toEqual(["--ops"]);
  expect(offered("tsipvsadm -A -f 1 -p --op")).toEqual(["--ops"]);
  expect(offered("tsipvsadm -K -f 1 -F ")).toEqual([]);
});

test.each(verbs.map((verb) => [verb.id, verb] as const))("%s is offered only what is legal with it, and all of it", (id, verb) => {
  const legal = options.filter((option) => isLegal(option, id));
  const snat = legal.some(({ name }) => name === "from");
  const expected = legal.every(({ anywhere }) => anywhere)
    ? []
    : legal.flatMap(({ name, flags }) =>
        flags.filter(({ long }) => name !== "service-address" || !snat || long === "fwmark-service").map(({ long }) => `--${long}`),
      );
  const spelling = verb.word ? verb.long : `--${verb.long}`;
  const words = verb.arg === undefined ? spelling : `${spelling} master`;
  expect(offered(`tsipvsadm ${words} --`)).toEqual(expected);
});

test("words that an argument can be are named in its help", () => {
  const flags = options.flatMap((option) => option.flags).filter(({ values }) => values !== undefined);
  expect(flags.length).toBeGreaterThan(4);
  for (const { help, values = [] } of flags) for (const value of values) expect(help).toContain(value);
});
