// SPDX-License-Identifier: GPL-2.0-only
import { Random } from "../helpers/random.js";

export type BaseName = "empty" | "web" | "many" | "daemons";

const web = `
-A -t 10.1.0.1:80 -s rr
-a -t 10.1.0.1:80 -r 10.9.0.1:80 -g -w 1
-a -t 10.1.0.1:80 -r 10.9.0.2:80 -i -w 2
-a -t 10.1.0.1:80 -r 10.9.0.3:8080 -m -w 3 -x 100 -y 50
-a -t 10.1.0.1:80 -r 10.9.0.4:80 -i --tun-type gue --tun-port 6080 --tun-csum -w 65535
-a -t 10.1.0.1:80 -r 10.9.0.5:80 -i --tun-type gre --tun-nocsum
-a -t 10.1.0.1:80 -r 10.9.0.6:80 -i --tun-type gue --tun-port 65535 --tun-remcsum
-a -t 10.1.0.1:80 -r 10.9.0.7:80 -i --tun-type gre --tun-csum
-a -t 10.1.0.1:80 -r [fd00::2]:80 -i -w 0
-A -u 10.1.0.1:53 -s wrr -o
-a -u 10.1.0.1:53 -r 10.9.0.1:53 -m -x 1
-A --sctp-service 10.1.0.1:5672 -s lc
-a --sctp-service 10.1.0.1:5672 -r 10.9.0.1:5672 -m -w 65535
-A -u 10.1.0.1:5060 -s rr -p 60 --pe sip
-A -t [fd00:1::1]:443 -s sh -b sh-port,sh-fallback -p 100 -M 64
-a -t [fd00:1::1]:443 -r [fd00::2]:443 -m
-a -t [fd00:1::1]:443 -r 10.9.0.1:443 -i
-a -t [fd00:1::1]:443 -r [fd00::9]:443 -g
-A -t 10.1.0.2:443 -p 1000 -M 255.255.255.0
-a -t 10.1.0.2:443 -r 10.9.0.8:8443 -m
-A -t 10.1.0.2:0 -p 360 -s dh
-A -f 7 -s wlc -p 360 -M 255.255.0.0
-a -f 7 -r 10.9.0.1:0
-a -f 7 -r 10.9.0.8:80 -m
-A -f 8 -6 -s mh -b mh-fallback
-a -f 8 -6 -r [fd00::2]:80 -m
-A -f 7 -6 -s sed -b flag-1,flag-2,flag-3
-A -t 192.168.7.1:80 -s nq
-A -t 10.9.0.8:443 -s lblc -b flag-2
`;

/** Addresses far apart, in an order of their own: what sorting has to deal with. */
function many(): string {
  const random = new Random(7);
  const v4 = () => Array.from(random.bytes(4)).map((byte, i) => (i === 0 ? 1 + (byte % 222) : byte)).join(".");
  const v6 = () => `[${["fd", "20", "2a"][random.below(3)]}${random.below(90) + 10}:${random.below(65536).toString(16)}::${(random.below(65535) + 1).toString(16)}]`;
  const lines: string[] = [];
  for (let i = 0; i < 36; i++) {
    const six = i % 3 === 2;
    const address = () => (six ? v6() : v4());
    const mark = [1 + i, 2147483647 - i, 1000000 + i][random.below(3)]!;
    const kind = random.below(3);
    const service = kind === 0 ? `-f ${mark}${six ? " -6" : ""}` : `-${kind === 1 ? "t" : "u"} ${address()}:${1 + random.below(65535)}`;
    lines.push(`-A ${service} -s ${random.pick(["rr", "wrr", "lc", "sh"])}`);
    for (let server = random.below(5); server > 0; server--) {
      const other = random.below(4) === 0;
      const target = other ? `${random.below(2) === 0 ? v4() : v6()}:${1 + random.below(9)} -i` : `${address()}:${1 + random.below(65535)} -m`;
      lines.push(`-a ${service} -r ${target} -w ${random.below(100)}`);
    }
  }
  return lines.join("\n");
}

/** States to start from, as lines that C ipvsadm restores. */
export const bases: Readonly<Record<BaseName, string>> = {
  empty: "",
  web,
  many: `${many()}\n`,
  daemons: `-A -t 10.1.0.1:80 -s rr
--start-daemon master --mcast-interface mc0 --syncid 7
--start-daemon backup --mcast-interface mc0 --syncid 9 --mcast-group ff02::81 --mcast-port 9000 --mcast-ttl 3 --sync-maxlen 1200
`,
};
