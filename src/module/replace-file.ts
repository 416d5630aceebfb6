// SPDX-License-Identifier: GPL-2.0-only
import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { failure } from "./host.js";

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "it is on a read-only file system",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ENOTDIR: "what it is in is no directory",
  EISDIR: "it is a directory",
};

/** What a system call's error says to people. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ""] ?? message;
}

/**
 * Make the file hold the text, all of it or as before: readers never see half
 * of it, nor does a machine whose power fails. Throws a CliError.
 */
export function replaceFile(path: string, text: string): void {
  const folder = dirname(path);
  const next = join(folder, `.${path.slice(folder.length + 1)}.${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true });
    const fd = openSync(next, "wx", 0o644);
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fchmodSync(fd, 0o644);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw failure(`${path} can't be written: ${reason(error)}`);
  }
}

/** Delete a file that may not be there. Throws a CliError. */
export function deleteFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw failure(`${path} can't be deleted: ${reason(error)}`);
  }
}
