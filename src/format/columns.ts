// SPDX-License-Identifier: GPL-2.0-only

/** Pad to a column's width; text that is too long still gets a blank behind it. */
export function column(text: string, width: number): string {
  return text.length < width ? text.padEnd(width) : `${text} `;
}

/** Pad to a column's width without promising a blank, as printf does. */
export function pad(text: string | number | bigint, width: number): string {
  return String(text).padEnd(width);
}

const units: ReadonlyArray<readonly [below: bigint, divisor: bigint, unit: string]> = [
  [10n ** 9n, 10n ** 3n, "K"],
  [10n ** 11n, 10n ** 6n, "M"],
  [10n ** 14n, 10n ** 9n, "G"],
];

/** A counter in ipvsadm's nine columns: whole below 100 million, then in K, M, G or T of powers of 1000. */
export function largeNumber(value: bigint, exact: boolean): string {
  if (exact || value < 10n ** 8n) return plainNumber(value);
  const [, divisor, unit] = units.find(([below]) => value < below) ?? [0n, 10n ** 12n, "T"];
  return `${value / divisor}`.padStart(8) + unit;
}

/** A counter that is never shortened, with a blank before it. */
export function plainNumber(value: bigint): string {
  return ` ${value}`.padStart(9);
}
