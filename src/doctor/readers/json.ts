// SPDX-License-Identifier: GPL-2.0-only
import type { Host } from "../host.js";

/** An object of a program's JSON; what it holds is looked at field by field. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
export const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const objects = (value: unknown): Fields[] => list(value).filter(isFields);

/** What a program prints as JSON; undefined when it fails. ip prints nothing where there is nothing. */
export function runJson(host: Host, program: string, ...words: readonly string[]): unknown {
  const printed = host.run(program, ...words);
  if (printed === undefined) return undefined;
  try {
    return printed.trim() === "" ? [] : (JSON.parse(printed) as unknown);
  } catch {
    return undefined;
  }
}
