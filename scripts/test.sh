#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# npm test: all set-up, then the parts that test/parts lists, several at a time. The
# last line is "N passed, N failed"; the exit status is 0 only when none failed.
#   test.sh                  everything that npm test has
#   test.sh --all            every suite on every kernel line, bulk cases at full size
#   test.sh PART[/CASE]…     these parts, or one's cases that match a regex
#   test.sh --changed [REF]  the parts that test/paths names for what differs from REF;
#                            without REF: from HEAD, or the last commit if nothing does
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/scripts/result.sh"
cd "$root"

passed=0 failed=0
results=$root/build/test
# An emulated guest of one processor leaves a quarter of it idle, waiting for timers.
slots=$(($(nproc) + 1))

# ---- the parts ----

# share[NAME], when[NAME] and how[NAME] of each part, in the order of names.
declare -A share when how case_of
names=()
# Where a part names no line, its guests run this one.
first=$(kernel_lines | sed -n 1p)

read_parts() {
	local name line
	while read -r name share_of when_of how_of; do
		[[ $name && $name != '#'* ]] || continue
		names+=("$name")
		share[$name]=$share_of when[$name]=$when_of how[$name]=$how_of
	done <test/parts
	for name in "${names[@]}"; do
		[[ $name == *@* ]] || add_suites "$name" ${how[$name]}
	done
	for line in $(kernel_lines all); do
		[[ $line != "$first" ]] || continue
		for name in "${names[@]}"; do
			[[ ${how[$name]} == guest* && $name != *@* && ! ${how[$name@$line]-} ]] || continue
			names+=("$name@$line")
			share[$name@$line]=${share[$name]} when[$name@$line]=${when[$name]/each/all} how[$name@$line]=${how[$name]}
		done
	done
}

# add_suites PART HOW: each suite of a guest that has several, for those who name it.
add_suites() {
	local part=$1 kind=$2 size="${3-} ${4-}" suite name
	[[ $kind == guest && ${6-} ]] || return 0
	for suite in "${@:5}"; do
		name=${suite/:/-}
		[[ ! ${how[$name]-} ]] || name+=-guest
		names+=("$name")
		share[$name]=${share[$part]} when[$name]=named how[$name]="guest $size $suite"
	done
}

# choose WHEN…: the parts of these.
choose() {
	local name
	for name in "${names[@]}"; do
		[[ " $* " != *" ${when[$name]} "* ]] || chosen+=("$name")
	done
}

# choose_named PART[/CASE]…
choose_named() {
	local word name
	for word; do
		name=${word%%/*}
		[[ ${how[$name]-} ]] || die "there is no part \"$name\"; there are ${names[*]}"
		[[ $word != */* ]] || case_of[$name]=${word#*/}
		[[ " ${chosen[*]} " == *" $name "* ]] || chosen+=("$name")
	done
}

changed_files() { # [REF]
	local ref=${1-HEAD}
	if (($# == 0)) && [[ ! $(git status --porcelain) ]]; then
		ref=HEAD~1
	fi
	git diff --name-only "$ref" -- || return
	git ls-files --others --exclude-standard
}

# The parts that test/paths has for what changed: of all its lines that a file matches.
choose_changed() { # [REF]
	local files file glob parts name wanted=' '
	files=$(changed_files "$@") || die "\"$1\" is nothing that git can compare with"
	while read -r glob parts; do
		[[ $glob && $glob != '#'* ]] || continue
		while IFS= read -r file; do
			# shellcheck disable=SC2053
			[[ $file != $glob ]] || { wanted+="$parts " && break; }
		done <<<"$files"
	done <test/paths
	for name in "${names[@]}"; do
		[[ $wanted == *" $name "* || ($wanted == *" each "* && ${when[$name]} == @(each|short)) ]] && chosen+=("$name")
	done
	[[ ${chosen[*]} ]] || { echo "nothing to run: no file differs that test/paths has a part for" && exit; }
}

# ---- running ----

# run_part NAME: to its last line, which is "N passed, N failed".
run_part() {
	local name=$1 kind rest line='' case=${case_of[$1]-}
	passed=0 failed=0
	read -r kind rest <<<"${how[$name]}"
	line=$first
	[[ $name != *@* ]] || line=${name#*@}
	case $kind in
	check) bash scripts/check.sh $rest ;;
	kernel)
		if [[ $rest == style ]]; then
			bash scripts/check-kernel.sh --style
		else
			with_line "$rest" bash scripts/check-kernel.sh --kernel "$rest"
		fi
		;;
	module | install)
		[[ ! $case ]] || rest=$case
		bash "test/$kind/run.sh" $([[ $rest == - ]] || echo "$rest")
		;;
	build) build_module "$line" ;;
	gate) gate ;;
	guest)
		[[ $rest != *' -- '* ]] || case=${case:-${rest#* -- }} rest=${rest%% -- *}
		run_guest "$name" "$line" "$case" $rest
		;;
	esac
}

run_guest() { # NAME LINE CASE PROCESSORS MEMORY SUITE…
	local name=$1 line=$2 case=$3 cpus=$4 memory=$5 cards=()
	shift 5
	[[ " $* " != *" doctor "* ]] || cards=(--cards)
	with_line "$line" bash test/vm/guest.sh --name "$name" --kernel "$line" --cpus "$cpus" --memory "$memory" \
		--timeout 2400 "${cards[@]}" -- bash test/vm/run.sh "$@" ${case:+-- "$case"}
}

# Not a timing: instructions are counted in a guest, and come out alike anywhere.
gate() {
	local log=$results/gate.log status=0
	bash bench/packets/run.sh --gate >"$results/gate.out" 2>"$log" || status=$?
	result "$status" "bench/no packet takes over 3 % more instructions than bench/results/counts.json says" \
		"$(cat "$results/gate.out"; tail -n 5 "$log")"
	echo "$passed passed, $failed failed"
}

# What the guests of a line load; other parts run beside it.
build_module() { # LINE
	local log=$results/build@$1.log status=0
	with_line "$1" bash scripts/build-module.sh --kernel "$1" >"$log" 2>&1 || status=$?
	result "$status" "kernel $1/the module builds" "$(cat "$log")"
	echo "$passed passed, $failed failed"
}

declare -A name_of=() started=() took=() unbuilt=()

# The kernel line whose module a part loads or looks at; nothing where it does not.
line_of() { # NAME
	[[ ${how[$1]} == @(guest*|gate|kernel\ [0-9]*) ]] || return 0
	[[ $1 == *@* ]] && echo "${1#*@}" || echo "$first"
}

may_start() { # NAME
	local line
	# What they compile was compiled for the guests: it comes out of the cache then.
	[[ $1 != @(module|install) ]] || ((${#unbuilt[@]} == 0)) || return
	line=$(line_of "$1")
	[[ ! $line || ! ${unbuilt[$line]-} ]]
}

# The first of the waiting parts that may start, as $next.
take_next() {
	local i
	for i in "${!waiting[@]}"; do
		may_start "${waiting[i]}" || continue
		next=${waiting[i]}
		unset 'waiting[i]'
		return
	done
	return 1
}

start() { # NAME
	(
		status=0
		run_part "$1" || status=$?
		times >"$results/$1.times"
		exit "$status"
	) >"$results/$1.result" 2>"$results/$1.err" </dev/null &
	name_of[$!]=$1
	started[$1]=$SECONDS
}

# finish PROCESS STATUS: its lines, and what they add up to.
finish() {
	local name=${name_of[$1]} file line=''
	file=$results/$name.result
	unset "name_of[$1]"
	took[$name]=$((SECONDS - started[$name]))
	[[ ${how[$name]} != build ]] || unset "unbuilt[${name#*@}]"
	[[ $name == *@* && ${how[$name]} == guest* ]] && line="kernel ${name#*@}, "
	sed -E "/^[0-9]+ passed, [0-9]+ failed\$/d; s/^((not )?ok )/\1$line/" "$file"
	count "$name" "$file" "$2"
}

# Add the "N passed, N failed" that ends a part's output, and its exit status:
# a part that did not get to its last line has failed.
count() { # NAME FILE STATUS
	local last
	while IFS= read -r line; do
		failures+=("$1 $line")
	done < <(sed -n 's/^not ok //p' "$2")
	last=$(tail -n 1 "$2")
	if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		# jest tells of its failures in its own words.
		((BASH_REMATCH[2] == 0)) || grep -q '^not ok ' "$2" || failures+=("$1 see build/test/$1.result")
		[[ $3 == 0 || ${BASH_REMATCH[2]} != 0 ]] && return
	fi
	result 1 "$1: it did not run to its end (exit status $3)" "$(tail -n 20 "$results/$1.err")"
	failures+=("$1 it did not run to its end")
}

# What has to be built, then the largest first, so that none is left alone at the end.
run_all() {
	local next process status line
	waiting=()
	for line in $(for name in "${chosen[@]}"; do line_of "$name"; done | sort -uV); do
		unbuilt[$line]=1 how[build@$line]=build share[build@$line]=60
		waiting+=("build@$line")
	done
	mapfile -t -O "${#waiting[@]}" waiting < <(for name in "${chosen[@]}"; do echo "${share[$name]} $name"; done | sort -rn | cut -d ' ' -f 2)
	while ((${#waiting[@]} || ${#name_of[@]})); do
		while ((${#name_of[@]} < slots)) && take_next; do
			start "$next"
		done
		status=0
		wait -n -p process || status=$?
		finish "$process" "$status"
	done
}

# ---- the end ----

# Seconds of one processor that a part and all that it ended have used.
processor_time() { # NAME
	awk '{
		for (i = 1; i <= NF; i++) {
			split($i, part, "m")
			sum += 60 * part[1] + part[2]
		}
	} END { printf "%d", sum + 0.5 }' "$results/$1.times"
}

# Each part's seconds, the slowest first. Shares are those of a whole run.
report_times() {
	local name over used sum=0
	for name in "${!took[@]}"; do
		over=
		((took[$name] <= share[$name])) || over='  over its share'
		used=$(processor_time "$name")
		sum=$((sum + used))
		printf '%7d %9d %6d  %s%s\n' "${took[$name]}" "$used" "${share[$name]}" "$name" "$over"
	done >"$results/times"
	echo
	echo "seconds processor  share  part"
	sort -rn "$results/times"
	printf '%7d %9d         all\n\n' "$SECONDS" "$sum"
}

# part_of_suite PART LABEL: where a part has several suites, the one of "SUITE with VARIANT".
part_of_suite() {
	local name=${2/ with /-} line=${1#"${1%%@*}"}
	[[ $1 == *+* ]] || { echo "$1" && return; }
	[[ ${when[$name-guest]-} != named ]] || name+=-guest
	echo "$name$line"
}

# What failed and how to run just that, in no more than 16 lines.
report_failures() {
	local failure part what i=0
	((${#failures[@]})) || return 0
	echo "failed:"
	for failure in "${failures[@]}"; do
		if ((++i == 15 && ${#failures[@]} > 15)); then
			echo "  and $((${#failures[@]} - 14)) more, in build/test/*.result"
			break
		fi
		part=${failure%% *} what=${failure#* }
		[[ $what != "it did not"* && ${how[$part]} == guest* ]] && what="npm test -- '$(part_of_suite "$part" "${what%%/*}")/${what#*/}'" || what="npm test -- $part   # $what"
		[[ $part != build@* ]] || what="bash scripts/build-module.sh   # ${failure#* }"
		echo "  $what"
	done
}

end() {
	echo "all took $((SECONDS / 60)) min $((SECONDS % 60)) s"
	report_failures
	echo "$passed passed, $failed failed"
	((failed == 0))
	exit
}

read_parts
chosen=() failures=()
case ${1-} in
'') choose each short ;;
--all)
	export WHOLE=1
	choose each all
	;;
--changed) choose_changed "${@:2}" ;;
--*) die "unknown option \"$1\"; there are --all and --changed" ;;
*) choose_named "$@" ;;
esac
mkdir -p "$results"
rm -f "$results"/*
mapfile -t lines < <(for name in "${chosen[@]}"; do line_of "$name"; done | cat - <(kernel_lines) | sort -uV)
if ! bash scripts/setup.sh tests "${lines[@]}" >"$results/setup.log" 2>&1; then
	result 1 "set up" "$(tail -n 20 "$results/setup.log")"
	failures+=("setup it did not run to its end")
	end
fi
export GUEST_SLOTS=$slots
echo "$((SECONDS)) s to set up; ${#chosen[@]} parts, $slots at a time: ${chosen[*]}"
run_all
report_times
end
