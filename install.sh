#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs tsipvsadm on this host, below /usr/local, or takes it away again; see
# docs/install.md. Safe to run again: what is there is replaced by what is here.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
. "$root/packaging/files.sh"
layout /usr/local

usage="usage: sudo ./install.sh [--kernel RELEASE] | --uninstall | --purge | --help
  (nothing)         install the program, its man page, completions and systemd units,
                    and by dkms the module, for the running kernel and later ones
  --kernel RELEASE  the module for this kernel, which need not run
  --uninstall       take all of it away; the stock ip_vs is loaded from then on
  --purge           the same, and /etc/tsipvsadm.rules and what \"module set\" wrote"

# What install.sh put outside $lib: files, and the directories that it made for them.
manifest=$lib/installed
lowest_node=18

die() {
	echo "install.sh: $*" >&2
	exit 1
}

say() {
	echo "$*"
}

action=install release=$(uname -r)
while (($#)); do
	case $1 in
	--kernel) (($# > 1)) || die "--kernel needs a RELEASE, such as 6.1.0-56-amd64" && release=$2 && shift ;;
	--uninstall | --purge) action=${1#--} ;;
	-h | --help) echo "$usage" && exit ;;
	*) die "unknown argument \"$1\"; there are --kernel, --uninstall, --purge and --help" ;;
	esac
	shift
done
((EUID == 0)) || die "only root can do this: sudo ./install.sh"
umask 022
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec 9>/run/lock/tsipvsadm-install.lock
flock -n 9 || die "another install.sh is under way: wait for it to end"

booted() {
	[[ -d /run/systemd/system ]]
}

apt_install() {
	local log
	log=$(apt-get -q install -y --no-install-recommends "$@" 2>&1) ||
		{ apt-get -q update && log=$(apt-get -q install -y --no-install-recommends "$@" 2>&1); } >/dev/null 2>&1 ||
		die "$* can't be installed by apt-get: $(grep -m1 '^E:' <<<"$log" || tail -n 1 <<<"$log")"
}

fit() { # NODE: is it one that the program runs with?
	[[ -x $1 ]] && "$1" -e "process.exit(parseInt(process.versions.node) >= $lowest_node ? 0 : 1)" 2>/dev/null
}

# Only where root alone can put one: what root runs does not belong into a home.
find_node() {
	for node in /usr/local/bin/node /usr/bin/node; do
		! fit "$node" || return 0
	done
	return 1
}

need_node() {
	find_node && return
	say "installing nodejs"
	apt_install nodejs
	find_node || die "the package nodejs here is older than Node $lowest_node: put a later one into /usr/local/bin"
}

# By whoever owns the tree, so that root leaves nothing in it that he can't delete.
build() {
	local owner log command
	[[ ! -e $root/dist/tsipvsadm.js || ! -e $root/dist/native ]] || return 0
	command -v npm >/dev/null || { say "installing npm" && apt_install npm; }
	say "building the program"
	owner=$(stat -c %U "$root")
	command=(env PATH="${node%/*}:$PATH" bash "$root/scripts/build.sh")
	[[ $owner == root ]] || command=(runuser -u "$owner" -- "${command[@]}")
	log=$("${command[@]}" 2>&1) || die "the program does not build: $(grep -m1 -iE 'err' <<<"$log" || tail -n 1 <<<"$log")"
}

# Each staged file to its place, then away with what an earlier installation had
# besides. Directories come first: after them there are renames alone.
commit() {
	local file directory made=() old=() new
	[[ ! -e $manifest ]] || mapfile -t old <"$manifest"
	mapfile -t new < <(cd "$staged" && find . ! -type d ! -path ".$lib/*" | sed 's/^\.//' | sort)
	for file in "${new[@]}"; do
		directory=${file%/*}
		while [[ ! -d $directory ]]; do
			made=("$directory/" "${made[@]}")
			directory=${directory%/*}
		done
		mkdir -p "${file%/*}" || return
	done
	{
		printf '%s\n' "${new[@]}"
		# The innermost first, as they are taken away again.
		printf '%s\n' "${made[@]}" "${old[@]}" | grep '/$' | sort -ru || :
	} >"$staged$manifest" || return
	rm -rf "$lib.old"
	[[ ! -e $lib ]] || mv -T "$lib" "$lib.old" || return
	mv -T "$staged$lib" "$lib" || return
	for file in "${new[@]}"; do
		mv -fT "$staged$file" "$file" || return
	done
	for file in "${old[@]}"; do
		[[ $file == */ ]] || grep -qxF "$file" "$manifest" || rm -f "$file"
	done
	rm -rf "$lib.old" "$staged"
}

# An installation that did not get to its end leaves what was there before: an earlier
# one, or nothing.
undo() {
	[[ -e $manifest ]] || "$staged$lib/bin/tsipvsadm" module uninstall >/dev/null 2>&1 || :
	rm -rf "$staged"
}

# Below $prefix, so that what follows are renames.
staging() {
	local log status
	set +e
	log=$(exec 2>&1; set -e; stage "$root" "$staged" "$node"; compile "$staged$lib" "$node")
	status=$?
	set -e
	((status)) || return 0
	[[ $log != *'No space left on device'* && $log != *ENOSPC* ]] || die "$prefix can't be written: the disk is full"
	die "the program can't be put into $prefix: ${log%%$'\n'*}"
}

install_all() {
	local line
	line=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$release" || :)
	command -v apt-get >/dev/null || die "this is no Debian: there is no apt-get"
	[[ $(dpkg-query -W -f '${db:Status-Status}' tsipvsadm 2>/dev/null) != installed ]] ||
		die "the package tsipvsadm is installed, which does the same: \"apt-get remove tsipvsadm\" comes first"
	[[ -n $line && -e $root/patches/$line/series ]] ||
		die "there are no patches for kernel \"$release\"; there are some for $(cd "$root/patches" && ls -v */series | sed 's|/series$||' | paste -sd ' ')"
	need_node
	build
	staged=$prefix/.tsipvsadm.new
	rm -rf "$staged"
	trap 'rm -rf "$staged"' EXIT
	staging
	say "installing the module for $release"
	trap undo EXIT
	"$staged$lib/bin/tsipvsadm" module install --kernel "$release" || die "the module could not be installed, so nothing else was"
	commit || die "$prefix can't be written: it is read-only, or the disk is full"
	trap - EXIT
	! booted || systemctl daemon-reload
	systemctl -q enable tsipvsadm.service || die "tsipvsadm.service can't be enabled"
	start
}

# An ip_vs that is loaded has connections: it is the operator who replaces it.
start() {
	say "installed $("$sbin/tsipvsadm" --version)"
	[[ $release == "$(uname -r)" ]] || return 0
	if [[ ! -e /sys/module/ip_vs ]]; then
		"$sbin/tsipvsadm" module load || die "the module can't be loaded"
	fi
	"$sbin/tsipvsadm" module status | grep -E '^(loaded|next):'
}

# The module first: what takes it away is in the program.
uninstall_all() {
	local file
	[[ -e $manifest ]] || die "$manifest is not there, so install.sh installed nothing here"
	if booted && [[ -e $units/tsipvsadm.service ]]; then
		systemctl -q stop tsipvsadm.service || say "tsipvsadm.service can't be stopped"
	fi
	systemctl -q disable tsipvsadm-handover.service 2>/dev/null || :
	systemctl -q disable tsipvsadm.service 2>/dev/null || :
	"$sbin/tsipvsadm" module uninstall || die "the module could not be taken away, so nothing else was"
	if [[ -e /sys/module/ip_vs/parameters/flow_max ]]; then
		"$sbin/tsipvsadm" module unload || say "tsipvsadm's ip_vs stays loaded until the next boot, or rmmod"
	fi
	while IFS= read -r file; do
		if [[ $file == */ ]]; then
			rmdir "${file%/}" 2>/dev/null || :
		else
			rm -f "$file"
		fi
	done < <(cat "$manifest" && rm -rf "$lib" "$lib.old" "$prefix/.tsipvsadm.new")
	! booted || systemctl daemon-reload
	if [[ $action == purge ]]; then
		rm -f "${settings[@]}"
	else
		for file in "${settings[@]}"; do
			[[ ! -e $file ]] || say "kept $file; --purge deletes it"
		done
	fi
	say "uninstalled; packages that apt-get installed (nodejs, dkms, compiler, headers, source) are still there"
}

case $action in
install) install_all ;;
*) uninstall_all ;;
esac
