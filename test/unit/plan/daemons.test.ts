// SPDX-License-Identifier: GPL-2.0-only
import { parseAddress } from "../../../src/model/address.js";
import type { Daemon } from "../../../src/model/daemon.js";
import { daemonChanges } from "../../../src/plan/daemons.js";
import { Table } from "../../../src/plan/table.js";

const tableOf = (daemon: Daemon) => {
  const table = new Table();
  table.daemons.set(daemon.state, daemon);
  return table;
};

/** What the kernel lists of a daemon that was started with nothing but its interface. */
const listed = { mcastInterface: "eth1", syncId: 0, mcastGroup: parseAddress("224.0.0.81"), mcastPort: 8848, mcastTtl: 1 };
const master: Daemon = { ...listed, state: "master", syncMaxlen: 1472 };
const backup: Daemon = { ...listed, state: "backup", syncMaxlen: 8972 };
const asked = (state: Daemon["state"]): Daemon => ({ state, mcastInterface: "eth1", syncId: 0 });

test.each<[string, Daemon, Daemon]>([
  ["the defaults", master, asked("master")],
  ["a backup's default length, which depends on its device", backup, asked("backup")],
  ["what is written out", master, { ...asked("master"), mcastPort: 8848, mcastTtl: 1, syncMaxlen: 1472 }],
  ["a length that the kernel raised", { ...backup, syncMaxlen: 1024 }, { ...asked("backup"), syncMaxlen: 100 }],
  ["a length that the kernel cut", { ...master, syncMaxlen: 65507 }, { ...asked("master"), syncMaxlen: 65535 }],
  [
    "a length by the longer headers of IPv6",
    { ...master, mcastGroup: parseAddress("ff02::1"), syncMaxlen: 1452 },
    { ...asked("master"), mcastGroup: parseAddress("ff02::1") },
  ],
])("%s: it runs as wanted", (_what, now, then) => {
  expect(daemonChanges(tableOf(now), tableOf(then))).toEqual({ stops: [], starts: [], remarks: [] });
});

test.each<[string, Daemon, Daemon]>([
  ["device", master, { ...asked("master"), mcastInterface: "eth2" }],
  ["identity", master, { ...asked("master"), syncId: 1 }],
  ["group", master, { ...asked("master"), mcastGroup: parseAddress("224.0.0.82") }],
  ["port", { ...master, mcastPort: 9000 }, asked("master")],
  ["life of packets", master, { ...asked("master"), mcastTtl: 2 }],
  ["length", { ...master, syncMaxlen: 500 }, asked("master")],
  ["backup's length", backup, { ...asked("backup"), syncMaxlen: 1500 }],
])("another %s: it is stopped and started, and that is said", (_what, now, then) => {
  const { stops, starts, remarks } = daemonChanges(tableOf(now), tableOf(then));
  expect(stops).toEqual([{ kind: "stop-daemon", daemon: now }]);
  expect(starts).toEqual([{ kind: "start-daemon", daemon: then }]);
  expect(remarks).toEqual([`the ${now.state} daemon is stopped and started again: a running one can't be edited`]);
});

test("what is not mentioned is left alone, what is not wanted is stopped", () => {
  expect(daemonChanges(tableOf(master), new Table())).toEqual({ stops: [], starts: [], remarks: [] });
  const wanted = new Table();
  wanted.daemons.set("master", undefined).set("backup", undefined);
  expect(daemonChanges(tableOf(master), wanted)).toEqual({ stops: [{ kind: "stop-daemon", daemon: master }], starts: [], remarks: [] });
});
