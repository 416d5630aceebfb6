// SPDX-License-Identifier: GPL-2.0-only
// The other director: what can be known of it here.
import { commands, report, said } from "../../helpers/doctor.js";
import type { FakeMachine } from "../../helpers/fake-machine.js";

describe("peers", () => {
  const backup = (words: string) => [`--start-daemon backup ${words}`];
  const clock = (text: string) => (host: FakeMachine) => void host.programs.set("timedatectl show -p NTPSynchronized --value", text);

  test("what can't be seen of the other is said, and is no finding", async () => {
    const { findings, unknown } = await report(backup("--mcast-interface eth1 --syncid 7"), clock("yes\n"));
    expect(findings).toEqual([]);
    expect(unknown).toEqual([{ check: "peers", unknown: expect.stringContaining("the other director's syncid, clock and table") as string }]);
  });

  test("a backup of every syncid, and a master of its own", async () => {
    const found = await report(["--start-daemon master --mcast-interface eth1", ...backup("--mcast-interface eth1 --mcast-ttl 3")], clock("yes\n"));
    expect(said(found)).toEqual(["peers: the backup sync daemon has syncid 0"]);
    expect(commands(found)).toEqual(["tsipvsadm --stop-daemon backup", "tsipvsadm --start-daemon backup --mcast-interface eth1 --syncid 1 --mcast-ttl 3"]);
  });

  test("flows of the master that are not here yet, and what a missing key means", async () => {
    const flows = (sync: object) => report(backup("--mcast-interface eth1 --syncid 7"), (host, kernel) => {
      clock("yes\n")(host);
      kernel.fnat.sync = { ...kernel.fnat.sync, roles: 2, complete: 1, keyed: 1, ...sync };
    });
    const open = await flows({ keyed: 0 });
    expect([said(open), open.unknown[0]!.unknown]).toEqual([[], expect.stringContaining("who can reach UDP port 8849: without a key") as string]);
    const late = await flows({ complete: 0 });
    expect([said(late), commands(late)]).toEqual([["peers: not all flows of the master are here"], ["tsipvsadm sync wait"]]);
    expect((await flows({ off: 1, keyed: 0, complete: 0 })).unknown).toHaveLength(1);
  });

  test("a device that is down", async () => {
    const down = (host: FakeMachine) => { clock("yes\n")(host); host.edit("-j address show", (links) => links.map((link) => (link["ifname"] === "eth2" ? { ...link, flags: [] } : link))); };
    expect(commands(await report(backup("--mcast-interface eth2 --syncid 7"), down))).toEqual(["ip link set eth2 up"]);
  });

  test("the clock, as chrony or systemd says, or nobody", async () => {
    const daemon = backup("--mcast-interface eth1 --syncid 7");
    expect(said(await report(daemon, clock("no\n")))).toEqual(["peers: this clock is not synchronized"]);
    const tracking = (leap: string) => (host: FakeMachine) => void host.programs.set("chronyc -n -c tracking", `A29FC87B,162.159.200.123,4,1.5,0.0,${leap}\n`);
    expect(said(await report(daemon, tracking("Normal")))).toEqual([]);
    expect(said(await report(daemon, tracking("Not synchronised")))).toEqual(["peers: this clock is not synchronized"]);
    expect((await report(daemon)).unknown[0]!.unknown).toContain("neither chronyc nor timedatectl");
  });
});
