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
