// SPDX-License-Identifier: GPL-2.0-only
// ipvsadm's command line as its manual and its behaviour have it, written
// down apart from src/cli so that a mistake there does not hide here.

export interface VerbForm {
  readonly name: string;
  readonly spellings: readonly (readonly string[])[];
  /** What a line needs to be accepted, as a rule; each part is left out in turn. */
  readonly context: readonly ("service" | "server")[];
}

const verb = (name: string, context: VerbForm["context"], ...spellings: string[]): VerbForm => ({
  name,
  context,
  spellings: spellings.map((spelling) => spelling.split(" ")),
});

export const verbForms: readonly VerbForm[] = [
  verb("add-service", ["service"], "-A", "--add-service"),
  verb("edit-service", ["service"], "-E", "--edit-service"),
  verb("delete-service", ["service"], "-D", "--delete-service"),
  verb("add-server", ["service", "server"], "-a", "--add-server"),
  verb("edit-server", ["service", "server"], "-e", "--edit-server"),
  verb("delete-server", ["service", "server"], "-d", "--delete-server"),
  verb("flush", [], "-C", "--clear"),
  verb("list", [], "-L", "-l", "--list"),
  verb("zero", [], "-Z", "--zero"),
  verb("restore", [], "-R", "--restore"),
  verb("save", [], "-S", "--save"),
  verb("set", [], "--set 10 20 30"),
  verb("start-daemon", [], "--start-daemon master", "--start-daemon backup", "--start-daemon=master"),
  verb("stop-daemon", [], "--stop-daemon master", "--stop-daemon backup"),
];

export interface OptionForm {
  readonly name: string;
  readonly long: string;
  readonly short?: string;
  /** Arguments that some line takes. */
  readonly good?: readonly string[];
  /** Arguments that are refused, and those at a border. */
  readonly odd?: readonly string[];
  readonly optional?: true;
}

const around = (...bounds: number[]): string[] =>
  bounds.flatMap((bound) => [bound - 1, bound, bound + 1].map(String));

/** What is wrong with a number, or nearly so, whatever its bounds. */
const oddNumbers = [
  "", " ", "-", "+", "-1", "-0", "+0", "00", "010", "0x10", "0x", "1e3", "1.5", "5x", "x5", "5 ", " 5", "\t5", "\u00a05", "+5", "--5",
  "2147483646", "2147483647", "2147483648", "4294967295", "4294967296", "-2147483648", "-2147483649",
  "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999999999", "٣", "five",
];

const numbers = (...bounds: number[]): string[] => [...new Set([...around(...bounds), ...oddNumbers])];

/** Services that the state "web" has, and one that it lacks. */
export const goodServices: ReadonlyArray<readonly string[]> = [
  ["-t", "10.1.0.1:80"], ["-t", "10.1.0.1:http"], ["-u", "10.1.0.1:53"], ["-u", "vip:domain"], ["-t", "[fd00:1::1]:443"],
  ["--sctp-service", "10.1.0.1:5672"], ["--sctp-service", "10.1.0.1:amqp"], ["-f", "7"], ["-f", "7", "-6"], ["-f", "8", "-6"],
  ["-t", "10.1.0.2:443"], ["-t", "10.1.0.9:81"], ["-f", "9"],
];

export const goodServers: readonly string[] = [
  "10.9.0.1:80", "10.9.0.1", "10.9.0.3:8080", "10.9.0.77:80", "[fd00::2]:443", "[fd00::77]:443", "fd00::2", "web:http", "longname", "10.9.0.1:domain",
];

const addresses = [
  "", " ", ":", "::", "0", "1", "80", "1.2", "1.2.3", "1.2.3.4", "10.1.0.1", "10.1.0.1:", "10.1.0.1:0", "10.1.0.1:80", "10.1.0.1:080",
  "10.1.0.1:+80", "10.1.0.1: 80", "10.1.0.1:80 ", "10.1.0.1:-0", "10.1.0.1:-1", "10.1.0.1:0x50", "10.1.0.1:65535", "10.1.0.1:65536",
  "10.1.0.1:99999999999999999999", "10.1.0.1:http", "10.1.0.1:HTTP", "10.1.0.1:www", "10.1.0.1:domain", "10.1.0.1:nosuch", "10.1.0.1:80:81",
  "10.1.0.1 :80", " 10.1.0.1:80", "10.1.0.1 junk:80", "10.1.0.1junk:80", "10.1.0.1.:80", ".10.1.0.1:80", "10..0.1:80", "010.1.0.1:80",
  "0x0a010001:80", "0xa.1.1:80", "10.65537:80", "167837697:80", "10.1.0.256:80", "256.1.0.1:80", "10.1.65536:80", "10.1.0.08:80",
  "4294967295:80", "4294967296:80", "255.255.255.255:80", "0.0.0.0:80", "127.0.0.1:80", "224.0.0.1:80", "-10.1.0.1:80", "10.1.0.1.5:80",
  "vip", "vip:80", "vip:http", "VIP:80", "nosuchhost", "nosuchhost:80", "no such:80", "second-alias:443", "web:80", "six", "six:80", "localhost:80",
  "[vip]:80", "[web]:80", "[six]:http", "[10.1.0.1]:80", "[10.1.0.1]", "[]:80", "[::]:80", "[::1]:80", "[::1]", "[::1]:", "[::1]80", "[::1", "::1]:80", "[[::1]]:80",
  "[::1]:http", "[::1]:nosuch", "[::1]:0", "[::1]:65536", "[::1] :80", "[fd00:1::1]:443", "[FD00:1::1]:443", "[fd00:1:0:0:0:0:0:1]:443",
  "[fd00:1::1%lo]:443", "[fd00:1::0001]:443", "[fd00:1::00001]:443", "[fd00:1:::1]:443", "[::ffff:10.1.0.1]:80", "[::10.1.0.1]:80", "[::ffff:10.1.0.01]:80",
  "fd00:1::1", "fd00:1::1:443", "::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::2::3", ":1:2:3:4:5:6:7", "ff02::1",
  "a:b", "a:b:c", "host:", ":80", ":http", "*:80", "10.1.0.0/24:80", "10.1.0.1,80", "10.1.0.1#80", "10.1.0.1:80#", "é:80", `${"x".repeat(300)}:80`,
];

const names = ["", " ", "rr", "RR", "nosuch", "wlc", "rr ", "fifteen-letters", "sixteen--letters", "seventeen-letters", "x".repeat(200), "é", "rr,wrr", "-rr", "none"];

export const optionForms: readonly OptionForm[] = [
  { name: "tcp-service", long: "--tcp-service", short: "-t", good: ["10.1.0.1:80", "[fd00:1::1]:443", "10.1.0.9:81"], odd: addresses },
  { name: "udp-service", long: "--udp-service", short: "-u", good: ["10.1.0.1:53", "10.1.0.9:81"], odd: addresses },
  { name: "sctp-service", long: "--sctp-service", good: ["10.1.0.1:5672"], odd: addresses },
  { name: "fwmark-service", long: "--fwmark-service", short: "-f", good: ["7", "8", "9"], odd: numbers(0, 2147483647, 4294967295) },
  { name: "ipv6", long: "--ipv6", short: "-6" },
  { name: "scheduler", long: "--scheduler", short: "-s",
    good: ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh"], odd: names },
  { name: "persistent", long: "--persistent", short: "-p", good: ["60", "300"], odd: numbers(1, 2678400), optional: true },
  { name: "netmask", long: "--netmask", short: "-M", good: ["255.255.255.0", "64"],
    odd: ["", " ", "0", "1", "128", "129", "-1", "64x", "x64", " 64", "255", "255.255", "255.0.255.0", "0.0.0.0", "255.255.255.255", "0xffffff00",
      "4294967040", "255.255.255.0 x", "255.255.255.256", "ffff::", "vip", "nosuchhost", "/24", "24", "2147483648", "4294967297", "1e2", "é"] },
  { name: "ops", long: "--ops", short: "-o" },
  { name: "pe", long: "--pe", good: ["sip"], odd: names },
  { name: "sched-flags", long: "--sched-flags", short: "-b", good: ["flag-1", "flag-1,flag-3", "sh-port", "mh-port,mh-fallback", "sh-fallback"],
    odd: ["", " ", "flag-0", "flag-4", "flag-1,flag-1", "flag-1,", ",flag-1", "flag-1,,flag-2", "flag-1 flag-2", "FLAG-1", "sh-port,mh-port", "sh-", "x".repeat(300),
      `${"flag-1,".repeat(18)}x`, `${"flag-1,".repeat(17)}flag-2,flag-3`] },
  { name: "real-server", long: "--real-server", short: "-r", good: ["10.9.0.1:80", "[fd00::2]:443", "10.9.0.77:80", "10.9.0.1"], odd: addresses },
  { name: "gatewaying", long: "--gatewaying", short: "-g" },
  { name: "ipip", long: "--ipip", short: "-i" },
  { name: "masquerading", long: "--masquerading", short: "-m" },
  { name: "weight", long: "--weight", short: "-w", good: ["0", "5", "65535"], odd: numbers(0, 65535, 2147483647) },
  { name: "u-threshold", long: "--u-threshold", short: "-x", good: ["0", "100"], odd: numbers(0, 65535, 2147483647) },
  { name: "l-threshold", long: "--l-threshold", short: "-y", good: ["0", "50"], odd: numbers(0, 65535, 2147483647) },
  { name: "tun-type", long: "--tun-type", good: ["ipip", "gue", "gre"], odd: ["", " ", "GUE", "gu", "guee", "none", "0"] },
  { name: "tun-port", long: "--tun-port", good: ["6080"], odd: numbers(1, 65535) },
  { name: "tun-nocsum", long: "--tun-nocsum" },
  { name: "tun-csum", long: "--tun-csum" },
  { name: "tun-remcsum", long: "--tun-remcsum" },
  { name: "connection", long: "--connection", short: "-c" },
  { name: "timeout", long: "--timeout" },
  { name: "daemon", long: "--daemon" },
  { name: "stats", long: "--stats" },
  { name: "rate", long: "--rate" },
  { name: "exact", long: "--exact", short: "-X" },
  { name: "thresholds", long: "--thresholds" },
  { name: "persistent-conn", long: "--persistent-conn" },
  { name: "tun-info", long: "--tun-info" },
  { name: "nosort", long: "--nosort" },
  { name: "sort", long: "--sort" },
  { name: "numeric", long: "--numeric", short: "-n" },
  { name: "syncid", long: "--syncid", good: ["0", "7", "255"], odd: numbers(0, 255) },
  { name: "sync-maxlen", long: "--sync-maxlen", good: ["1000"], odd: numbers(1, 65507) },
  { name: "mcast-interface", long: "--mcast-interface", good: ["mc0"],
    odd: ["", " ", "nosuch0", "lo", "eth0", "fifteen-letters", "sixteen--letters", "x".repeat(100), "mc0 ", "é", "mc0/1"] },
  { name: "mcast-group", long: "--mcast-group", good: ["224.0.0.81", "239.1.2.3", "ff02::81"],
    odd: ["", " ", "10.0.0.1", "223.255.255.255", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255", "224.1", "0xe0000051", "224.0.0.081", "224.0.0.81 ", "fd00::1",
      "ff02::", "FF02::1", "[ff02::81]", "ff02::1%mc0", "ff05::1", "vip", "::ffff:224.0.0.1", ":", "224.0.0.81:80"] },
  { name: "mcast-port", long: "--mcast-port", good: ["9000"], odd: numbers(1, 65535) },
  { name: "mcast-ttl", long: "--mcast-ttl", good: ["3"], odd: numbers(1, 255) },
];

export const optionNamed = (name: string): OptionForm => optionForms.find((option) => option.name === name)!;
