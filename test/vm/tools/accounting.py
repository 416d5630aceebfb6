# SPDX-License-Identifier: GPL-2.0-only
"""accounting.py start|report FILE: the kernel's process accounting (acct(5), version 3) into a
file, and what is in it, by the programs' names: their number and seconds of processor, user
and system. A process is in it when it has ended; one that forked counts what it did itself."""

import collections
import ctypes
import os
import struct
import sys

# flag, version, tty; exit code, uid, gid, pid, ppid, begin; elapsed; user, system, six others; name
RECORD = struct.Struct("<BBH6If8H16s")
TICKS = 100


def seconds(compressed):
    """comp_t: a mantissa of 13 bits, and three bits of its power of eight; in 1/100 s."""
    return (compressed & 0x1FFF) * 8 ** (compressed >> 13) / TICKS


def account(path):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.acct(None if path is None else path.encode()):
        sys.exit(f"process accounting: {os.strerror(ctypes.get_errno())}")


def report(path):
    rows = collections.defaultdict(lambda: [0, 0.0, 0.0])
    with open(path, "rb") as file:
        for fields in RECORD.iter_unpack(file.read()):
            row = rows[fields[18].split(b"\0")[0].decode(errors="replace")]
            row[0] += 1
            row[1] += seconds(fields[10])
            row[2] += seconds(fields[11])
    print(f"{'number':>7} {'user':>7} {'system':>7} {'both':>7}  program")
    for name, (number, user, system) in sorted(rows.items(), key=lambda item: -sum(item[1][1:])):
        if user + system >= 0.5:
            print(f"{number:7} {user:7.1f} {system:7.1f} {user + system:7.1f}  {name}")
    total = [sum(row[i] for row in rows.values()) for i in range(3)]
    print(f"{total[0]:7} {total[1]:7.1f} {total[2]:7.1f} {total[1] + total[2]:7.1f}  all")
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) / TICKS for word in file.readline().split()[1:9]]
    print(
        f"the guest since its boot: user {ticks[0] + ticks[1]:.1f}, system {ticks[2]:.1f}, "
        f"interrupts {ticks[5] + ticks[6]:.1f}, idle {ticks[3] + ticks[4]:.1f}"
    )


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("start", "report"):
        sys.exit(__doc__)
    if sys.argv[1] == "start":
        account(sys.argv[2])
    else:
        account(None)
        report(sys.argv[2])
