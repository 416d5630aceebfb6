# SPDX-License-Identifier: GPL-2.0-only
# Run suites inside a guest: run.sh SUITE[:VARIANT]… [-- PATTERN]
# A suite is cases/SUITE.sh. Its functions case_NAME run once, both_NAME once
# with IPv4 and once with IPv6, or those of $families, in the order of the file. Each prints
# "ok SUITE/NAME" or "not ok SUITE/NAME" with what is known of the failure.
# pending_case_NAME and pending_both_NAME show what is known to be wrong still; they run
# where PENDING is set.
# A suite that has a suite_run runs that instead, and counts by itself.
# The last line is "N passed, N failed".
set -u
. "$PROJECT/test/vm/topology.sh"
. "$PROJECT/test/vm/lib.sh"
. "$PROJECT/scripts/result.sh"

passed=0 failed=0 ran=0
# Before a number: where a case begins in the kernel's log.
mark="test case"

# Undo what a case did.
reset() {
	local lines i
	if [[ -s /run/undo ]]; then
		mapfile -t lines </run/undo
		for ((i = ${#lines[@]} - 1; i >= 0; i--)); do
			eval "${lines[i]}"
		done
		: >/run/undo
	fi
	suite_reset
}

# The module, as new, and the network, which a suite before in the same guest may have left.
# Where our module is gone, ipvsadm -C brought the distribution's.
have_network() {
	if [[ -e /sys/module/ip_vs ]]; then
		[[ ! -e /run/netns/gw ]] || on gw ipvsadm -C || return
		unload_module || return
	fi
	load_module || return
	make_topology_once
}

# What a suite has that says nothing else.
defaults() {
	suite_setup() {
		have_network
	}
	# Services are what nearly every case makes.
	suite_reset() {
		on gw ipvsadm -C
	}
	unset -f suite_run
	case_seconds=240
}

report_failure() { # LOG
	tail -n 60 "$1"
	for file in "$scratch"/*-*[^r]; do
		[[ -s $file ]] && echo "--- ${file##*/}" && tail -n 25 "$file"
	done
	echo "--- ip_vs_ext_stats"
	on gw awk -F '[ :]+' '$2' /proc/net/ip_vs_ext_stats 2>/dev/null
	echo "--- rules and flows"
	ts -S -n 2>&1 | head -n 20
	ts -Lcn 2>&1 | head -n 20
	echo "--- kernel"
	dmesg | sed "1,/$mark $ran\$/d" | tail -n 30
}

# A case has four minutes, or what its suite says; then it is ended with all
# that it started.
wait_for_case() { # PROCESS
	local process=$1 status=0 watch
	(
		read -rt "$case_seconds" -u "$nothing" _ || :
		echo "FAILED: not done in $case_seconds s" >>/tmp/case.log
		kill -9 -- "-$process"
	) &
	watch=$!
	wait "$process" || status=$?
	{
		kill "$watch"
		wait "$watch"
	} 2>/dev/null
	return "$status"
}

run_case() { # FUNCTION NAME
	local status started=$SECONDS
	ran=$((ran + 1))
	[[ ! -e $scratch ]] || rm -rf "$scratch"
	mkdir "$scratch"
	echo "$mark $ran" >/dev/kmsg
	: >/tmp/case.log
	set -m
	(
		set +m
		exec 9>&1
		BASH_XTRACEFD=9
		set -euxo pipefail
		pids=()
		trap '((${#pids[@]})) && kill -9 -- "${pids[@]}" 2>/dev/null || :' EXIT
		"$1"
	) >>/tmp/case.log 2>&1 </dev/null &
	set +m
	wait_for_case $! && status=0 || status=$?
	if ((status == 0)); then
		passed=$((passed + 1))
		echo "ok $2 ($((SECONDS - started)) s)"
		sed -n 's/^measured: /    /p' /tmp/case.log
	else
		failed=$((failed + 1))
		echo "not ok $2"
		report_failure /tmp/case.log 2>&1 | sed 's/^/    /'
	fi
	reset >/dev/null 2>&1
}

# A warning would have ended the guest; here is what the kernel says below that.
check_log() {
	local bad
	bad=$(dmesg | grep -E 'BUG|WARNING|Call Trace|refcount|leak|general protection|use-after|Tainted:|still has objects|unregister_netdevice: waiting' |
		grep -vE 'debug is enabled|leak detector initialized')
	result "$([[ -z $bad ]]; echo $?)" "$1/the kernel log is clean" "$bad"
}

# In a debug kernel: what nothing points to any more. Twice, since the first look may meet
# what is just being handed over.
check_leaks() { # SUITE
	local leaks=/sys/kernel/debug/kmemleak
	[[ -e $leaks ]] || return 0
	on gw ipvsadm -C 2>/dev/null || :
	read -rt 10 -u "$nothing" _ || :
	echo scan >"$leaks"
	read -rt 6 -u "$nothing" _ || :
	echo scan >"$leaks"
	result "$([[ ! -s $leaks || ! $(<"$leaks") ]]; echo $?)" "$1/no memory is lost" "$(head -n 100 "$leaks")"
}

run_suite() { # SUITE[:VARIANT]
	local suite=${1%%:*} variant='' function name label number families='4 6'
	[[ $1 == *:* ]] && variant=${1#*:}
	label=$suite${variant:+ with $variant}
	defaults
	if ! . "$PROJECT/test/vm/cases/$suite.sh"; then
		failed=$((failed + 1))
		echo "not ok $label: there is no such suite"
		return
	fi
	echo "$mark $ran" >/dev/kmsg
	if ! suite_setup >/tmp/case.log 2>&1; then
		failed=$((failed + 1))
		echo "not ok $label/set up"
		report_failure /tmp/case.log 2>&1 | sed 's/^/    /'
		return
	fi
	[[ ! $variant ]] || "variant_$variant"
	if [[ $(type -t suite_run) == function ]]; then
		ran=$((ran + 1))
		suite_run
		check_leaks "$label"
		check_log "$label"
		return
	fi
	while IFS= read -r function; do
		function=${function#pending_}
		name=${function#*_}
		name=${name//_/ }
		[[ "$label/$name" =~ $pattern ]] || continue
		declare -F "$function" >/dev/null || function=pending_$function
		case ${function#pending_} in
		case_*) use_family 4 && run_case "$function" "$label/$name" ;;
		both_*)
			for number in $families; do
				use_family "$number" && run_case "$function" "$label/$name, IPv$number"
			done
			;;
		esac
	done < <(sed -nE "s/^($pending(case|both)_[A-Za-z0-9_]+)\(\).*/\1/p" "$PROJECT/test/vm/cases/$suite.sh")
	check_leaks "$label"
	check_log "$label"
}

suites=() pattern='' pending=${PENDING:+(pending_)?}
while (($#)); do
	if [[ $1 == -- ]]; then
		pattern=${2-}
		break
	fi
	suites+=("$1")
	shift
done
for suite in "${suites[@]}"; do
	run_suite "$suite"
done
if ((ran == 0)); then
	failed=$((failed + 1))
	echo "not ok no case matches \"$pattern\""
fi
echo "$passed passed, $failed failed"
((failed == 0))
