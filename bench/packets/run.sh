#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The benchmark of the packet path: instructions in QEMU, CPU time in User-Mode
# Linux, as tables and in bench/results/.
# usage: run.sh [--quick | --gate]
#   --quick  1,000 flows of IPv4, few rounds; nothing is kept
#   --gate   only ours and only instructions; fails when they rose by over 3 %
#            against bench/results/counts.json
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

what=${1:---full}
(($# <= 1)) && [[ $what == --@(full|quick|gate) ]] || die "unknown argument \"$*\"; usage: run.sh [--quick | --gate]"
work=$root/build/bench
results=$root/bench/results
all=drop,forward,redirect,iptables,nft,flowtable,ipvs,snat,fullnat
mkdir -p "$work" "$results"
cd "$root"

# progress NAME: samples pass through it to the file; who is at it goes to standard error
# at once (awk would read ahead).
progress() {
	local line kind mode family flows rest now last=''
	while IFS= read -r line; do
		echo "$line" >>"$work/$1.samples"
		read -r kind mode family flows rest <<<"$line"
		now="$1: $line"
		[[ $kind != @(sample|broken) ]] || now="$1: $mode, IPv$family, $flows flows"
		[[ $now == "$last" ]] || echo "$now" >&2
		last=$now
	done
}

# report NAME KERNEL UNIT [ARGUMENTS…]: the table of NAME's samples.
report() {
	local name=$1 kernel=$2 unit=$3
	shift 3
	node "$work/report.cjs" --samples "$work/$name.samples" --kernel "$kernel" --unit "$unit" "$@"
}

counts() {
	bash bench/packets/counts.sh "$@" | progress counts
}

# times MODES FAMILIES FLOWS ROUNDS
times() {
	bash bench/packets/uml.sh --memory 6000 --timeout 3000 bash bench/packets/time.sh "$@" | progress times
}

bash scripts/setup.sh >&2
node_modules/.bin/esbuild bench/packets/report/main.ts --bundle --platform=node --target=node18 \
	--outfile="$work/report.cjs" --log-level=error
rm -f "$work"/{counts,times,bulk}.samples
kernel=$(guest_kernel 6.1)
case $what in
--gate)
	# Another boot, when one fails: the allocator takes more in some, and all along.
	for boot in first second last; do
		counts --modes drop,snat,fullnat --families 4,6 --flows 1000 --repeats 1
		report counts "$kernel" instructions --gate "$results/counts.json" && break
		[[ $boot != last ]] || exit 1
	done
	;;
--quick)
	bash bench/packets/uml-kernel.sh >&2
	counts --modes $all --families 4 --flows 1000 --repeats 1
	times $all 4 1000 3
	report counts "$kernel" instructions
	report times "$kernel" nanoseconds
	;;
--full)
	status=0
	bash bench/packets/uml-kernel.sh >&2
	counts --modes $all --families 4,6 --flows 1,1000 --repeats 3
	counts --modes $all --families 4 --flows 100000 --repeats 1
	counts --modes snat-empty-pool,snat-full-pool --families 4,6 --flows 1 --repeats 1
	counts --modes snat-filtered,snat-10-rules,snat-100000-rules --families 4,6 --flows 1000 --repeats 1
	times $all 4,6 1,1000,100000 9
	times drop,snat-10-rules,snat-100000-rules 4,6 1000 9
	bash bench/packets/uml.sh --memory 3000 --timeout 3000 bash bench/packets/bulk.sh forward,flowtable,snat 4,6 15 |
		progress bulk
	bash bench/packets/uml.sh --memory 5000 bash bench/packets/million.sh | tee "$results/million.txt" || status=1
	bash bench/packets/smp.sh --families 4,6 | tee "$results/smp.txt" || status=1
	report counts "$kernel" instructions --result "$results/counts.json" --plot docs/performance-instructions.svg || status=1
	report times "$kernel" nanoseconds --result "$results/times.json" --plot docs/performance-time.svg || status=1
	report bulk "$kernel" nanoseconds --result "$results/bulk.json" || status=1
	exit $status
	;;
esac
