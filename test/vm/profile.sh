# SPDX-License-Identifier: GPL-2.0-only
# Where the processor time of suites goes: profile.sh SUITE… [-- PATTERN], as run.sh in a
# guest, and behind its output the programs that ran, by process accounting.
set -u
table=/run/accounting
: >$table
python3 -S "$PROJECT/test/vm/tools/accounting.py" start $table
bash "$PROJECT/test/vm/run.sh" "$@"
python3 -S "$PROJECT/test/vm/tools/accounting.py" report $table
