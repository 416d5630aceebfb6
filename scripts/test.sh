#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# npm test: all set-up, then every check and every guest suite. The last line
# is "N passed, N failed"; the exit status is 0 only when none failed.
#   test.sh [SUITE…]   only these guest suites
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/result.sh"
cd "$root"

# NAME PROCESSORS MEMORY TIME-LIMIT SUITE…: one guest a line, as many at a time
# as the machine has processors. An emulated guest is fastest with one; races
# are looked for with two. NAME@LINE runs a kernel of that line. A guest for the
# suite doctor has network cards.
guests=(
	"table 2 2048 1500 table"
	"snat 1 1024 1500 snat"
	"zones 2 1024 1500 zones"
	"fullnat 1 1024 1800 fullnat"
	"together 1 1024 1200 together"
	"synproxy 1 1024 2400 synproxy"
	"packets 1 1024 1500 packets"
	"packets-conntrack 1 1024 1500 packets:conntrack"
	"packets-slow 1 1024 1500 packets:slow"
	"live 1 1024 900 live"
	"first 1 1024 900 first"
	"toa 1 1024 1500 toa"
	"million 1 4096 900 million"
	"parity 1 1024 1500 parity"
	"listing 1 1024 1500 listing"
	"stock 1 1024 1500 stock cli"
	"apply 1 1024 1500 apply"
	"module 1 1024 1800 module"
	"snat@6.12 1 1024 1500 snat"
	"stock@6.12 1 1024 1800 stock"
	"module@6.12 1 1024 1800 module"
	"doctor 2 1024 1800 doctor"
	"guide 1 1024 1200 guide"
)

passed=0 failed=0

# Add the "N passed, N failed" that ends a part's output, and its exit status:
# a part that did not get to its last line has failed.
count() { # NAME FILE STATUS
	local last
	last=$(tail -n 1 "$2")
	if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		[[ $3 == 0 || ${BASH_REMATCH[2]} != 0 ]] && return
	fi
	echo "not ok $1: it did not run to its end (exit status $3)"
	failed=$((failed + 1))
}

run_guest() { # NAME PROCESSORS MEMORY LIMIT SUITE…
	local name=$1 cpus=$2 memory=$3 limit=$4 line='' cards='' started=$SECONDS
	shift 4
	[[ " $* " != *" doctor "* ]] || cards=--cards
	[[ $name != *@* ]] || line=${name#*@}
	bash test/vm/guest.sh --name "$name" --kernel "$(guest_kernel "$line")" --cpus "$cpus" --memory "$memory" --timeout "$limit" ${cards:+"$cards"} -- \
		bash test/vm/run.sh "$@" >"build/vm/$name.result" 2>&1
	echo $? >"build/vm/$name.status"
	echo "guest $name took $((SECONDS - started)) s" >&2
}

# Guests in the background; their results in the order of the list.
run_guests() {
	local guest name
	for guest in "${guests[@]}"; do
		name=${guest%% *}
		rm -f "build/vm/$name.status"
		# shellcheck disable=SC2086
		run_guest $guest &
		processes+=($!)
	done
}

report_guests() {
	local guest name line i=0
	for guest in "${guests[@]}"; do
		name=${guest%% *}
		wait "${processes[i++]}"
		line=${name#"${name%%@*}"}
		sed -E "\$d; s/^((not )?ok )/\1${line:+kernel ${line#@}, }/" "build/vm/$name.result"
		tail -n 1 "build/vm/$name.result" | grep -vE '^[0-9]+ passed, [0-9]+ failed$'
		count "guest $name" "build/vm/$name.result" "$(cat "build/vm/$name.status")"
	done
}

# Not a timing: instructions are counted in a guest, and come out alike anywhere.
run_gate() {
	local started=$SECONDS
	bash bench/packets/run.sh --gate >build/gate.out 2>build/gate.log
	echo $? >build/gate.status
	echo "the gate took $((SECONDS - started)) s" >&2
}

report_gate() {
	wait "$gate"
	result "$(cat build/gate.status)" \
		"bench/no packet takes over 3 % more instructions than bench/results/counts.json says" \
		"$(cat build/gate.out; tail -n 5 build/gate.log)"
}

end() {
	echo "$passed passed, $failed failed"
	((failed == 0))
	exit
}

started=$SECONDS
bash scripts/setup.sh tests || {
	failed=$((failed + 1))
	echo "not ok set up"
	end
}
mkdir -p build/vm
processes=()

if (($#)); then
	guests=("selected 2 4096 1800 $*")
else
	bash scripts/check.sh >build/check.result 2>&1
	status=$?
	sed '$d' build/check.result
	count checks build/check.result "$status"
	bash test/module/run.sh >build/module.result 2>&1
	status=$?
	sed '$d' build/module.result
	count "the module's installation" build/module.result "$status"
	bash test/install/run.sh >build/install.result 2>&1
	status=$?
	sed '$d' build/install.result
	count "install.sh and the package" build/install.result "$status"
fi
run_guests
gate=''
(($#)) || {
	run_gate &
	gate=$!
}
report_guests
[[ ! $gate ]] || report_gate
echo "all took $((SECONDS - started)) s"
end
