# SPDX-License-Identifier: GPL-2.0-only
# peak.py FILE COMMAND…: run it; FILE says what it took: KiB resident at its
# peak, and hundredths of a second of processor time.
import resource
import subprocess
import sys

status = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    print(used.ru_maxrss, round(100 * (used.ru_utime + used.ru_stime)), file=file)
sys.exit(status if status >= 0 else 128 - status)
