// SPDX-License-Identifier: GPL-2.0-only
import { version } from "../../../package.json";
import Ajv2020 from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import { moduleFacts } from "../../../src/module/facts.js";
import { shownKnobs } from "../../../src/module/show.js";
import { advice, statusText } from "../../../src/module/status.js";
import { FakeHost, modinfo } from "../../helpers/fake-host.js";

const RELEASE = "6.1.0-56-amd64";
const STOCK = { filename: `/lib/modules/${RELEASE}/kernel/net/netfilter/ipvs/ip_vs.ko`, signer: "Debian", vermagic: `${RELEASE} SMP` };
const OURS = { filename: `/lib/modules/${RELEASE}/updates/dkms/ip_vs.ko`, version, srcversion: "AAAA", vermagic: `${RELEASE} SMP` };

function machine(file: Readonly<Record<string, string>> | undefined, files: Readonly<Record<string, string>> = {}): FakeHost {
  const host = new FakeHost(files);
  if (file) host.programs.set(`modinfo -k ${RELEASE} -- ip_vs`, { out: modinfo(file) });
  return host;
}

const loaded = (fields: Readonly<Record<string, string>>) => ({
  "/proc/modules": "ip_vs 188416 0 - Live 0x0\n",
  ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`/sys/module/ip_vs/${name}`, `${value}\n`])),
});
const flowMax = { "parameters/flow_max": "1" };

test.each<[what: string, host: FakeHost, state: string, next: string | undefined]>([
  ["a bare machine", machine(STOCK), "none", "tsipvsadm module install"],
  ["no module at all", machine(undefined), "none", "tsipvsadm module install"],
  ["the stock module", machine(STOCK, loaded({ srcversion: "X" })), "stock", "tsipvsadm module install"],
  ["stock loaded, ours installed", machine(OURS, loaded({ srcversion: "X" })), "stock", "tsipvsadm module reload"],
  ["ours installed", machine(OURS), "none", "tsipvsadm module load"],
  ["ours", machine(OURS, loaded({ version, srcversion: "AAAA", ...flowMax })), "ours", undefined],
  ["another build of ours", machine(OURS, loaded({ version, srcversion: "BBBB", ...flowMax })), "ours but older", "tsipvsadm module reload"],
  ["an older one", machine(OURS, loaded({ version: "0.0.1", srcversion: "BBBB", ...flowMax })), "ours but older", "tsipvsadm module reload"],
  ["part of the kernel", machine(STOCK, { "/sys/module/ip_vs/uevent": "" }), "built in", "tsipvsadm module install"],
])("%s", (_what, host, state, next) => {
  const facts = moduleFacts(host);
  expect(facts.state).toBe(state);
  expect(advice(facts)).toBe(next);
});

test("a kernel without patches is named with those that have some", () => {
  const host = machine(STOCK);
  host.release = "5.10.0-1-amd64";
  expect(advice(moduleFacts(host))).toBe("kernel 5.10.0-1-amd64 has no patches; there are some for 6.1, 6.12, 7.2, 7.3");
  host.release = "6.9.1-1-amd64";
  expect(advice(moduleFacts(host))).toBe("kernel 6.9.1-1-amd64 is not tested, as 6.1, 6.12, 7.2, 7.3 are; tsipvsadm module build --kernel 6.9.1-1-amd64 --out DIRECTORY tries it");
  expect(statusText(moduleFacts(host), undefined)).toMatch(/^kernel: +6\.9\.1-1-amd64, untested$/m);
  host.release = "nonsense";
  expect(moduleFacts(host).supported).toBe(false);
});

test("dkms, headers, source, compiler, signing", () => {
  const host = machine(OURS, {
    [`/lib/modules/${RELEASE}/build/Makefile`]: "",
    "/usr/src/linux-source-6.1.tar.xz": "",
    "/usr/sbin/dkms": "",
    "/var/lib/dkms/tsipvsadm/source": "",
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": "\x06\0\0\0\x01",
    "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
  });
  host.programs.set("gcc --version", { out: "gcc (Debian) 12.2.0\nmore\n" });
  host.programs.set("dkms status -m tsipvsadm", { out: `tsipvsadm/0.0.9: added\ntsipvsadm/${version}, ${RELEASE}, x86_64: installed\n` });
  const facts = moduleFacts(host);
  expect(facts).toMatchObject({
    headers: `/lib/modules/${RELEASE}/build`, source: "/usr/src/linux-source-6.1.tar.xz", compiler: "gcc (Debian) 12.2.0",
    secureBoot: true, signatureRequired: true,
    dkms: [{ version: "0.0.9", state: "added" }, { version, kernel: RELEASE, state: "installed" }],
  });
  expect(statusText(facts, undefined)).toMatch(/^secure boot: +on\nmodule signing: +required\nnext: +tsipvsadm module load\n$/m);
  expect(moduleFacts(machine(OURS))).not.toHaveProperty("dkms");
});

test("the module's version is the package's", () => {
  expect(readFileSync("kernel/ip_vs_fnat_net.h", "utf8")).toContain(`#define IP_VS_FNAT_VERSION	"${version}"`);
});

test("what --json prints is as docs/schema.json says", () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
  const check = ajv.compile(JSON.parse(readFileSync("docs/schema.json", "utf8")) as object);
  const facts = moduleFacts(machine(OURS, loaded({ version, srcversion: "AAAA", ...flowMax })));
  const tables = { connBuckets: 4096, connections: 1, flowBuckets: 1024, flows: 0, flowsTotal: 0, flowsMax: 9, features: ["snat"] };
  for (const printed of [{ module: facts }, { module: { ...facts, tables, next: advice(facts) } }, { settings: shownKnobs(machine(OURS), []) }]) {
    check(JSON.parse(JSON.stringify(printed)));
    expect(check.errors).toBeNull();
  }
});
