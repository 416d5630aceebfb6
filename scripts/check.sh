#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# All checks that need no guest. Each prints its own words; the last line is
# "N passed, N failed".
#   check.sh [lint|types|generated|shell|licences|units|kernel]…   without one: all
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

passed=0 failed=0
logs=$root/build/check
mkdir -p "$logs"

# one NAME COMMAND…: counts as one test; its output shows when it fails.
one() {
	local name=$1 log
	shift
	log=$logs/${name// /-}.log
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		sed 's/^/    /' "$log"
	fi
}

# add NAME STATUS PASSED FAILED: counts of a part that counts itself.
add() {
	if [[ ! $3 =~ ^[1-9][0-9]*$ || ! $4 =~ ^[0-9]+$ ]] || { [[ $2 != 0 ]] && (($4 == 0)); }; then
		echo "not ok $1: exit status $2"
		failed=$((failed + 1))
		return
	fi
	passed=$((passed + $3))
	failed=$((failed + $4))
}

units() {
	local status=0 report=$logs/jest.json
	rm -f "$report"
	npx --no-install jest --ci --json --outputFile="$report" >"$logs/jest.log" 2>&1 || status=$?
	((status == 0)) || sed 's/^/    /' "$logs/jest.log"
	read -r ok bad < <(node -e '
		const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
		console.log(r.numPassedTests, r.numFailedTests + r.numRuntimeErrorTestSuites + r.numPendingTests);
	' "$report" 2>/dev/null)
	echo "units: ${ok:-no} passed, ${bad:-unknown} failed"
	add units "$status" "${ok:-}" "${bad:-}"
}

kernel() {
	local status=0 log=$logs/kernel.log
	bash scripts/check-kernel.sh >"$log" 2>&1 || status=$?
	grep -v '^[0-9]* passed, ' "$log"
	add kernel "$status" "$(sed -n 's/^\([0-9]*\) passed, .*/\1/p' "$log")" "$(sed -n 's/.* passed, \([0-9]*\) failed$/\1/p' "$log")"
}

# Every shell script parses, and sources and executables name their licence.
shell_syntax() {
	local file status=0
	while IFS= read -r file; do
		bash -n "$file" || status=1
	done < <(git ls-files '*.sh' packaging/save-rules packaging/deb/p{re,ost}{inst,rm})
	return $status
}

licences() {
	local file status=0
	while IFS= read -r file; do
		head -n 4 "$file" | grep SPDX-License-Identifier >/dev/null || {
			echo "$file has no SPDX line"
			status=1
		}
	done < <(git ls-files '*.ts' '*.mjs' '*.cjs' '*.sh' '*.c' '*.h' '*.py' 'bin/*' kernel/Kbuild 'packaging/*' ':!packaging/deb/control' ':!packaging/deb/copyright' ':!packaging/deb/triggers')
	return $status
}

check() { # WHAT
	case $1 in
	lint) one "lint" npx --no-install eslint . ;;
	types) one "types" npx --no-install tsc --noEmit ;;
	generated) one "generated files are as the spec makes them" node scripts/gen-abi.mjs --check ;;
	shell) one "shell syntax" shell_syntax ;;
	licences) one "licence lines" licences ;;
	units) units ;;
	kernel) kernel ;;
	*) die "there is no check \"$1\"; there are lint, types, generated, shell, licences, units and kernel" ;;
	esac
}

(($#)) || set -- lint types generated shell licences units kernel
for what; do
	check "$what"
done
echo "$passed passed, $failed failed"
((failed == 0))
