# SPDX-License-Identifier: GPL-2.0-only
# column.py FILE HEADING NUMBER: the commands of tsipvsadm in that column of the
# section's table, a line each.
import re
import sys

path, heading, number = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    sections = re.split(r"^## ", file.read(), flags=re.M)
section = next(part for part in sections if part.startswith(heading + "\n"))
for row in re.findall(r"^\|(.*)\|$", section, flags=re.M):
    cells = row.split("|")
    print(*re.findall(r"`(tsipvsadm [^`]*)`", cells[int(number) - 1]), sep="\n", end="\n" if "`tsipvsadm " in cells[int(number) - 1] else "")
