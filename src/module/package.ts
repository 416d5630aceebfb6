// SPDX-License-Identifier: GPL-2.0-only
// What this package brings for kernels: kernel/ and patches/, beside the bundle's directory.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { failure } from "./host.js";

/** The directory that has kernel/ and patches/. Throws a CliError when the package is not whole. */
export function packageRoot(start = __dirname): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "kernel/dkms/prepare.sh")) && existsSync(join(folder, "patches"))) return folder;
    if (dirname(folder) === folder) throw failure(`kernel/ and patches/ of tsipvsadm are in no directory above ${start}`);
  }
}

/** Kernel lines that are tested, such as 6.1, oldest first. */
export function patchedLines(root = packageRoot()): readonly string[] {
  return readdirSync(join(root, "patches"))
    .filter((name) => existsSync(join(root, "patches", name, "series")))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** What the tested lines mean for a kernel: one that is newer than the oldest of them is untested, and tried. */
export function supportOf(release: string, lines: readonly string[]): "tested" | "untested" | "none" {
  const line = kernelLine(release);
  if (line === undefined || lines[0] === undefined) return "none";
  if (lines.includes(line)) return "tested";
  return line.localeCompare(lines[0], "en", { numeric: true }) > 0 ? "untested" : "none";
}

/** 6.1.0-56-amd64 -> 6.1; undefined when it is no kernel release. */
export const kernelLine = (release: string): string | undefined => /^(\d+\.\d+)(?=[.-]|$)/.exec(release)?.[1];
