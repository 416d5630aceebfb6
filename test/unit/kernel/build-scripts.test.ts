// SPDX-License-Identifier: GPL-2.0-only
// kernel/dkms/: where words stand in C files, and what is said of checksums.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../../..");
const dkms = join(root, "kernel/dkms");
const folder = mkdtempSync(join(tmpdir(), "build-scripts."));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe("placement.awk", () => {
  const places = (text: string): string[] =>
    execFileSync("awk", ["-f", join(dkms, "placement.awk"), write("ip_vs_x.c", text)], { encoding: "utf8" }).split("\n").filter(Boolean).sort();

  test("a call is of the function that it stands in", () => {
    expect(places("static int\nfirst(int a)\n{\n\tip_vs_fnat_a();\n\tif (ip_vs_fnat_a())\n\t\treturn 1;\n}\n\nint second(struct x *p,\n\t   int b)\n{\n\tip_vs_fnat_b(p);\n}\n"))
      .toEqual(["ip_vs_x.c first ip_vs_fnat_a 2", "ip_vs_x.c second ip_vs_fnat_b 1"]);
  });

  test("words outside of functions, in comments and in strings are none", () => {
    expect(places("#include \"ip_vs_fnat.h\"\nint ip_vs_fnat_a(void);\nint first(void)\n{\n\t/* ip_vs_fnat_b() */\n\tpr_err(\"ip_vs_fnat_c\");\n\t/*\n\t * ip_vs_fnat_d()\n\t */\n\treturn 0; /* ip_vs_fnat_e */\n}\n"))
      .toEqual([]);
  });

  test("the forwarding method counts, another's does not", () => {
    expect(places("char *name(void)\n{\n\tcase IP_VS_CONN_F_FULLNAT:\n\tcase IP_VS_CONN_F_MASQ:\n\tmy_ip_vs_fnat_x();\n}\n")).toEqual(["ip_vs_x.c name IP_VS_CONN_F_FULLNAT 1"]);
  });
});

/** Lines of a file of patches/, but for comments. */
const rows = (name: string): readonly string[] =>
  readFileSync(join(root, "patches", name), "utf8").split("\n").filter((line) => line !== "" && !line.startsWith("#"));

test("patches/placement has each place once", () => {
  const placed = rows("placement");
  expect(placed.length).toBeGreaterThan(20);
  expect(placed.filter((row) => !/^ip_vs_\w+\.c \w+ \w+ [1-9]$/.test(row))).toEqual([]);
  expect(new Set(placed.map((row) => row.split(" ").slice(0, 3).join(" "))).size).toBe(placed.length);
});

test("each call that the patches add has a place", () => {
  const placed = new Set(rows("placement").map((row) => row.split(" ")[2]));
  const added = rows("series").flatMap(rows).filter((line) => /^\+[^+]/.test(line) && !line.includes("#include"));
  const words = new Set(added.flatMap((line) => line.match(/\b(?:ip_vs_fnat_\w+|IP_VS_CONN_F_FULLNAT)\b/g) ?? []));
  expect(words.size).toBeGreaterThan(15);
  expect([...words].filter((word) => !placed.has(word))).toEqual([]);
});

describe("check-symvers.sh", () => {
  const symvers = (...crcs: string[]): string => crcs.map((crc, i) => `${crc}\tsymbol_${i}\tnet/netfilter/ipvs/ip_vs\tEXPORT_SYMBOL\t\n`).join("");
  const check = (headers: string, built: string) => {
    write("Module.symvers", headers);
    const { status, stdout, stderr } = spawnSync("bash", [join(dkms, "check-symvers.sh"), folder, write("built", built)], { encoding: "utf8" });
    return [status, stdout + stderr];
  };

  test("equal ones are no word, another one is named", () => {
    expect(check(symvers("0x1", "0x2"), symvers("0x1", "0x2"))).toEqual([0, ""]);
    expect(check(symvers("0x1", "0x2"), symvers("0x1", "0x3"))).toEqual([1, "ip_vs.ko is no drop-in for this kernel: checksum changed of symbol_1 \n"]);
  });

  test("a kernel without checksums says that nothing was compared", () => {
    expect(check(symvers("0x00000000", "0x00000000"), symvers("0x00000000"))).toEqual([0, "not compared, since the kernel is built without MODVERSIONS\n"]);
  });
});
