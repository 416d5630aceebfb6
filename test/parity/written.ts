// SPDX-License-Identifier: GPL-2.0-only
import type { Case } from "./case.js";
import { connectionTable } from "./connections.js";
import { commands } from "./written-commands.js";
import { files } from "./written-files.js";
import { lines, words } from "./written-lines.js";

const COLUMNS = ["", "--stats", "--rate", "--thresholds", "--persistent-conn", "--tun-info"];

/** Every listing in all its columns, as numbers and by name, sorted and not. */
const listings: Case[] = (["empty", "web", "many", "daemons"] as const).flatMap((base) => [
  ...COLUMNS.flatMap((columns) =>
    ["", "-n", "--nosort", "-n --nosort", "-X", "-n --exact"].map((how) => ({ group: "listing", base, argv: words(`-L ${columns} ${how}`) })),
  ),
  ...["", "-n", "--sort", "--nosort"].map((how) => ({
    group: "listing", base, argv: words(`-S ${how}`), ...(base === "web" && how !== "--nosort" && { differs: "A saved table is whole" }),
  })),
  ...["", "-L --timeout", "-L --daemon", "-l", "-Lc", "-Lcn", "-L -c --persistent-conn"].map((argv) => ({ group: "listing", base, argv: words(argv) })),
]);

const services = ["-t 10.1.0.1:80", "-u vip:domain", "-t [fd00:1::1]:https", "-f 7", "-f 7 -6", "-f 8 -6", "--sctp-service vip:amqp", "-t 10.1.0.9:80", "-t 10.1.0.1", "-f 99"];

const ofServices: Case[] = services.flatMap((service) =>
  [...COLUMNS, "-c", "--timeout", "--daemon", "-n --nosort --exact"].map((columns) => ({
    group: "listing", base: "web" as const, argv: words(`-L ${service} ${columns}`),
  })),
);

const connections: Case[] = ["-Lc", "-Lcn", "-Lc --nosort -n", "-Lcn --persistent-conn", "-L -c --persistent-conn", "-Lcn -t 10.1.0.1:80", "-Lc --stats"].map(
  (argv) => ({ group: "connections", base: "web", argv: words(argv), connections: connectionTable }),
);

const daemons = [
  ...lines("daemons", "empty", `
    --start-daemon master
    --start-daemon master --mcast-interface mc0
    --start-daemon=backup --mcast-interface=mc0 --syncid=5
    --start-daemon backup --mcast-interface mc0 --mcast-group 239.1.1.1 --mcast-port 1 --mcast-ttl 255 --sync-maxlen 65507
    --start-daemon master --mcast-interface mc0 --mcast-group ff02::81
    --start-daemon master --mcast-interface mc0 --mcast-group fd00::1
    --start-daemon master --mcast-interface lo
    --start-daemon master --mcast-interface an-interface-name-too-long
    --start-daemon both
    --start-daemon
    --start-daemon=
    --stop-daemon both
    --stop-daemon master
    --stop-daemon backup --syncid 3
    --stop-daemon backup --mcast-interface mc0
    --daemon
    -L --daemon
    -L --daemon -n
    -L --daemon --timeout
  `),
  ...lines("daemons", "daemons", `
    --start-daemon master --mcast-interface mc0
    --start-daemon backup --mcast-interface mc0
    --stop-daemon master
    --stop-daemon backup
    --stop-daemon backup --syncid 200
    --stop-daemon backup --syncid 256
    -L --daemon
  `),
];

const odd: Case[] = [
  ["-A", "-t", ""], ["-A", "-t", "10.1.0.3:80", ""], ["", "-L"], ["-L", ""], [""], ["-A", "-t", "10.1.0.3:80", "-s", ""], ["-A", "-t", "10.1.0.3:80", "-p", ""],
  ["-A", "-t", "10.1.0.3:80", "-b", ""], ["-A", "-t", "10.1.0.3:80", "--pe", ""], ["-A", "-t", "10.1.0.3 x:80"], ["-A", "-t", "10.1.0.3:80", "-M", "255.255.0.0 x", "-p"],
  ["-A", "-t", "10.1.0.3:80", "-M", "localhost", "-p"], ["-A", "-t", "[fd00:1::3]:80", "-M", "64x", "-p"], ["-A", "-t", "[fd00:1::3]:80", "-M", "4294967360", "-p"],
  ["--start-daemon", "master", "--mcast-interface", ""], ["-A", "-t", "web:80"], ["-a", "-t", "10.1.0.1:80", "-r", "six:80", "-i"], ["-L\n"], ["-L", "\n"], ["-A", "-t", "10.1.0.3:80\n"],
  ["-A", "-t", "10.1.0.3:80", "-s", "r r"], ["-A", "-t", "10.1.0.3:80", "-s", "é".repeat(10)], ["-A", "-t", `${"a".repeat(70)}.example:80`], ["-A", "-t", "10.1.0.3:80", "-f", "1"],
].map((argv) => ({ group: "odd words", base: "web" as const, argv, stdin: "" }));

/** Cases written by hand: all of them run every time. */
export const written: readonly Case[] = [...listings, ...ofServices, ...connections, ...commands, ...daemons, ...files, ...odd];
