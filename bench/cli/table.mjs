// SPDX-License-Identifier: GPL-2.0-only
// Prints the table of the benchmark as -S would: 10,000 services, 2 servers each.
const SERVICES = 10_000;
const lines = [];
for (let index = 0; index < SERVICES; index++) {
  const service = `-t 10.64.${Math.floor(index / 250)}.${1 + (index % 250)}:80`;
  lines.push(`-A ${service} -s wlc`);
  for (const server of [0, 1]) lines.push(`-a ${service} -r 192.168.${index >> 8}.${(index + 128 * server) & 255}:8080 -m -w ${1 + server}`);
}
process.stdout.write(`${lines.join("\n")}\n`);
