// SPDX-License-Identifier: GPL-2.0-only
import { knobOf, knobs, parseValue } from "../../../src/module/knobs.js";
import { parseSettings } from "../../../src/module/set.js";
import { editParameters, editSysctls, MODPROBE_FILE, readSettings, SYSCTL_FILE } from "../../../src/module/settings.js";
import { shownKnobs, shownText } from "../../../src/module/show.js";
import { FakeHost } from "../../helpers/fake-host.js";

const settings = (...words: string[]) => parseSettings(words);

test("a key may have its module or its path in front", () => {
  expect(knobOf("net.ipv4.vs.conntrack")).toBe(knobOf("conntrack"));
  expect(knobOf("net/ipv4/vs/conntrack")).toBe(knobOf("conntrack"));
  expect(knobOf("ip_vs.flow_max")).toBe(knobOf("flow_max"));
  expect(knobOf("net.ipv4.vs.flow_max")).toBeUndefined();
  expect(knobOf("ip_vs.conntrack")).toBeUndefined();
  expect(knobOf("ip_vs_ftp.ports")).toBeDefined();
});

test("keys are told apart, and each default that is a number is legal", () => {
  expect(new Set(knobs.map(({ key }) => key)).size).toBe(knobs.length);
  for (const knob of knobs) if (/^-?\d/.test(knob.default)) expect([knob.key, parseValue(knob, knob.default)]).toEqual([knob.key, expect.any(String)]);
});

test.each<[word: string, message: string]>([
  ["conntrack", "`conntrack' is not KEY=VALUE"],
  ["=1", "`=1' is not KEY=VALUE"],
  ["contrack=1", "`contrack=1': there is no key `contrack'"],
  ["conntrack=", "`conntrack=': conntrack is a number from 0 to 2147483647, or \"default\""],
  ["conntrack=0x1", "conntrack is a number"],
  ["fullnat_lport_min=65536", "fullnat_lport_min is a number from 1 to 65535"],
  ["sync_threshold=3", "sync_threshold is two numbers from 0 to 2147483647 with a space or a comma between"],
  ["sync_ports=3", "sync_ports is a number from 1 to 64"],
  ["est_cpulist=all", "est_cpulist is a list such as 0-3,6"],
  ["ip_vs_ftp.ports=21,0", "ip_vs_ftp.ports is a number from 1 to 65535, or several with commas between"],
])("%s is refused", (word, message) => {
  expect(() => settings(word)).toThrow(message);
});

test("one key twice is refused", () => {
  expect(() => settings("conntrack=1", "net.ipv4.vs.conntrack=0")).toThrow("conntrack is set twice");
});

test("the user's lines stay where they are", () => {
  const text = "# mine\nnet.ipv4.vs.conntrack=0\n-net/ipv4/vs/drop_entry = 1\nkernel.panic = 5\nnet.ipv4.vs.conntrack = 0\n";
  expect(editSysctls(text, settings("conntrack=1", "drop_entry=default", "sync_threshold=4,60"))).toBe(
    "# mine\nnet.ipv4.vs.conntrack = 1\nkernel.panic = 5\nnet.ipv4.vs.sync_threshold = 4 60\n",
  );
  expect(editParameters("# mine\noptions ip_vs other=1 flow_max=7 \noptions ip_vs flow_tab_bits=9\noptions dummy conn_tab_bits=3\n", settings("flow_max=8", "flow_tab_bits=default", "conn_tab_bits=13"))).toBe(
    "# mine\noptions ip_vs other=1 flow_max=8\noptions dummy conn_tab_bits=3\noptions ip_vs conn_tab_bits=13\n",
  );
});

test("a file of ours begins with who wrote it, and is gone with its last line", () => {
  const text = editSysctls("", settings("conntrack=1"));
  expect(text).toBe("# Written by `tsipvsadm module set'. Lines of your own are kept.\nnet.ipv4.vs.conntrack = 1\n");
  expect(editSysctls(text, settings("conntrack=default"))).toBe("# Written by `tsipvsadm module set'. Lines of your own are kept.\n");
  expect(editSysctls("", settings("conntrack=default"))).toBe("");
});

test("what the files say is shown beside what is", () => {
  const host = new FakeHost({
    [SYSCTL_FILE]: "net.ipv4.vs.sync_threshold = 4 60\n",
    [MODPROBE_FILE]: "options ip_vs flow_max=9 conn_tab_bits=13\noptions ip_vs_ftp ports=21,2121\n",
    "/proc/sys/net/ipv4/vs/sync_threshold": "3\t50\n",
    "/sys/module/ip_vs/parameters/flow_max": "9\n",
  });
  expect([...readSettings(host)].map(([{ key }, value]) => [key, value])).toEqual([
    ["sync_threshold", "4 60"], ["flow_max", "9"], ["conn_tab_bits", "13"], ["ip_vs_ftp.ports", "21,2121"],
  ]);
  const [threshold, ports] = shownKnobs(host, ["sync_threshold", "ip_vs_ftp.ports"]);
  expect(threshold).toMatchObject({ present: "3 50", set: "4 60", default: "3 50", unit: "packets" });
  expect(ports).not.toHaveProperty("present");
  expect(shownText(shownKnobs(host, ["flow_max"])).split("\n")[1]).toBe(
    "flow_max  9        from memory  9    flows  parameter  tsipvsadm  most flows of all namespaces together",
  );
  expect(() => shownKnobs(host, ["nosuch"])).toThrow("there is no key `nosuch'");
});
