// SPDX-License-Identifier: GPL-2.0-only
import { holders } from "../../../src/module/holders.js";
import { loadedModule } from "../../../src/module/loaded.js";
import { FakeHost } from "../../helpers/fake-host.js";

/** A machine where these modules are loaded, as /proc/modules has them. */
function machine(...lines: string[]): FakeHost {
  const host = new FakeHost({ "/proc/modules": lines.map((line) => `${line} Live 0x0\n`).join(""), "/sys/module/ip_vs/uevent": "" });
  host.links.set("/proc/self/ns/net", "net:[1]");
  host.links.set("/proc/7/ns/net", "net:[1]");
  return host;
}

const own = (services: number, daemons = 0) => ({ services, daemons });
const held = (host: FakeHost, use = own(0)) => holders(host, loadedModule(host)!, use);

test("a scheduler counts twice and its services once: those are our own", () => {
  expect(held(machine("ip_vs 1 0 -"))).toEqual([]);
  expect(held(machine("ip_vs 1 4 ip_vs_wlc,", "ip_vs_wlc 1 2 -"), own(2))).toEqual([]);
  expect(held(machine("ip_vs 1 5 ip_vs_wlc,", "ip_vs_wlc 1 2 -"), own(2, 1))).toEqual([]);
});

test("services of another namespace, by its process or its name", () => {
  const host = machine("ip_vs 1 5 ip_vs_wlc,", "ip_vs_wlc 1 2 -");
  host.links.set("/proc/42/ns/net", "net:[2]");
  host.files.set("/proc/42/net/ip_vs", "IP Virtual Server version 1.2.1 (size=4096)\nProt\n  ->\nTCP  0A000001:0050 wlc  \nFWM  00000001 wlc \n");
  host.files.set("/proc/42/comm", "nginx\n");
  host.files.set("/run/netns/blue", "");
  host.programs.set("nsenter --net=/run/netns/blue sh -c readlink /proc/self/ns/net; cat /proc/net/ip_vs", { out: "net:[3]\nUDP  0A000001:0050 wlc\n" });
  expect(held(host)).toEqual(["2 services in the network namespace of process 42 (nginx)", "1 service in the network namespace blue"]);
});

test("services that nobody can be asked of", () => {
  expect(held(machine("ip_vs 1 5 ip_vs_wlc,", "ip_vs_wlc 1 2 -"), own(2))).toEqual([
    "1 services or sync daemons of a network namespace that no process is in",
  ]);
});

test("modules that are held themselves", () => {
  expect(held(machine("ip_vs 1 1 xt_ipvs,", "xt_ipvs 1 3 -"))).toEqual(['xt_ipvs, by 3 iptables rules with "-m ipvs"']);
  expect(held(machine("ip_vs 1 1 xt_ipvs,", "xt_ipvs 1 0 -"))).toEqual([]);
  expect(held(machine("ip_vs 1 1 other,", "other 1 1 -"))).toEqual(["the module other"]);
});
