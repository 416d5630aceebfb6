// SPDX-License-Identifier: GPL-2.0-only
import type { Case } from "./case.js";

/** -R with this on standard input. */
function file(stdin: string, differs?: string, base: Case["base"] = "empty"): Case {
  return { group: "files", base, argv: ["-R"], stdin, ...(differs !== undefined && { differs }) };
}

const long = "x".repeat(3000);
const REFUSAL = "What a file's refusal says";
const STATUS = "A file with a refused line fails";

/** What -R may find on its standard input. */
export const files: readonly Case[] = [
  file(""),
  file("\n"),
  file("\n\n \n\t\n\r\n"),
  file("-A -t 10.1.0.1:80 -s rr\n-a -t 10.1.0.1:80 -r 10.9.0.1 -m -w 3\n"),
  file("-A -t 10.1.0.1:80 -s rr"),
  file("-A -t 10.1.0.1:80 -s rr "),
  file("-A -t 10.1.0.1:80 -s rr  ", "The last line of a file"),
  file("-A -t 10.1.0.1:80 -s rr\n-A -t 10.1.0.1:81 -s rr \t", "The last line of a file"),
  file("-A -t 10.1.0.1:80 -s rr\r\n-A -t 10.1.0.1:81 -s rr\r\n\r\n"),
  file("  ipvsadm \t -A -t\t10.1.0.1:80   -s rr  \n\n\n-A -u 10.1.0.1:80\n"),
  file("ipvsadm\nipvsadm ipvsadm -A ipvsadm -t 10.1.0.1:80\n"),
  file("/sbin/ipvsadm -A -t 10.1.0.1:80\n", REFUSAL),
  file("-A -t '10.1.0.1:80' -s rr\n", REFUSAL),
  file('-A -t 10.1.0.1:80 -s "rr"\n-A -t 10.1.0.1:81\n', STATUS),
  file("-A -t 10.1.0.1:80 \\\n-s rr\n", REFUSAL),
  file("# a remark\n-A -t 10.1.0.1:80\n", "Remarks in files"),
  file("-A -t 10.1.0.1:80 # a remark\n", "Remarks in files"),
  file("-A -t 10.1.0.1:80 -s r#r\n", REFUSAL),
  file("-A -t 10.1.0.1:80\n-A -t 10.1.0.1:80\n", REFUSAL),
  file("-A -t 10.1.0.1:80\n-A -t 10.1.0.1:80\n-A -t 10.1.0.2:80\n", STATUS),
  file("-A -t 10.1.0.1:80\nnonsense\n-A -t 10.1.0.2:80\n", REFUSAL),
  file("-A -t 10.1.0.1:80\n-A -t\n-A -t 10.1.0.2:80 --nosuch\n-A -t 10.1.0.3:80\n", STATUS),
  file("-A -t 10.1.0.1:80\n-A -t 10.1.0.2:80 -s\n", REFUSAL),
  file("-A -t 10.1.0.1:80\n-A -t 10.1.0.999:80\n-A -t 10.1.0.2:80\n", REFUSAL),
  file("-A -t 10.1.0.1:80\n-L -n\n-S -n\n-A -t 10.1.0.2:80\n-Ln\n"),
  file("-L -t 10.1.0.1:80\n-A -t 10.1.0.2:80\n", REFUSAL),
  file("-A -t 10.1.0.1:80\n-R\n-A -t 10.1.0.2:80\n", REFUSAL),
  file("-A -t 10.1.0.1:80\n-v\n-A -t 10.1.0.2:80\n", "Help and version"),
  file("-A -t 10.1.0.1:80\n-h\n-A -t 10.1.0.2:80\n", "Help and version"),
  file("--set 11 22 33\n-L --timeout\n-C\n-Z\n"),
  file("-C\n-A -t 10.1.0.1:80\n-D -t 10.1.0.1:80\n-D -t 10.1.0.1:80\n-a -t 10.1.0.1:80 -r 10.9.0.1\n", REFUSAL, "web"),
  file("-A -t vip:http -s rr\n-a -t vip:http -r longname:http -m\n-A -u vip:domain\n"),
  file("-A -t nosuchhost:80\n", REFUSAL),
  file(`-A -t 10.1.0.1:80${" ".repeat(20000)}-s rr\n-A -t 10.1.0.2:80\n`),
  file(`-A -t 10.1.0.1:80 -s ${long}\n-A -t 10.1.0.2:80\n`, STATUS),
  file(`-A -t 10.1.0.1:80 -s ${long}${long}\n-A -t 10.1.0.2:80\n`, "Words of 4096 bytes in files"),
  file(`-A -t 10.1.0.1:80 -s rr\n${Array.from({ length: 200 }, (_, i) => `-a -t 10.1.0.1:80 -r 10.9.1.${i}:80 -m -w ${i}\n`).join("")}`),
  file(`${Array.from({ length: 120 }, (_, i) => `-A -t 10.2.0.${i}:${i + 1} -s ${i % 2 ? "rr" : "wlc"}\n`).join("")}-Ln\n-Sn\n`),
  file("-A -f 4294967295\n-Ln\n-Sn\n", "Marks of 2147483648 and more"),
  file("-A -f 2147483647\n-A -f 1 -6\n-Ln\n-Sn\n"),
  file("-A -t 10.1.0.1:80 -s sh -b flag-3\n-Ln\n-Sn\n", "Scheduler flags without a name"),
  file("-A -u 10.1.0.1:5060 --pe sip\n-Ln\n-Sn\n"),
  file("\u2013A -t 10.1.0.1:80\n", "Dashes that are no hyphens"),
  file("-K -f 1 -F 10.0.0.0/8 -U 1.1.1.1\n", "Own verbs and options"),
  { group: "files", base: "empty", argv: ["-R", "-n"], stdin: "-A -t 10.1.0.1:80\n" },
  { group: "files", base: "empty", argv: ["-R", "file"], stdin: "-A -t 10.1.0.1:80\n" },
  { group: "files", base: "empty", argv: ["--restore"], stdin: "-A -t 10.1.0.1:80\n" },
];
