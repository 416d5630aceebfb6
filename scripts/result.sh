# SPDX-License-Identifier: GPL-2.0-only
# The line of a case; sourced by what counts cases in passed and failed.

# result STATUS NAME [OUTPUT]: it passed when the status is 0; else the output tells why.
result() {
	if [[ $1 == 0 ]]; then
		passed=$((passed + 1))
		echo "ok $2"
	else
		failed=$((failed + 1))
		echo "not ok $2"
		[[ -z ${3-} ]] || sed 's/^/    /' <<<"$3"
	fi
}

# add_counts NAME FILE: what a part counted itself; its last line is
# "N passed, N failed".
add_counts() {
	if [[ $(tail -n 1 "$2") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
	else
		failed=$((failed + 1))
		echo "not ok $1: it did not run to its end"
	fi
}
