# SPDX-License-Identifier: GPL-2.0-only
# What an installation consists of, for install.sh and for the Debian package alike;
# sourced, never run. The only place that names a path of it.

# layout PREFIX: where things go, PREFIX being /usr or /usr/local.
layout() {
	prefix=$1
	lib=$prefix/lib/tsipvsadm
	sbin=$prefix/sbin
	man=$prefix/share/man/man8
	doc=$prefix/share/doc/tsipvsadm
	units=$prefix/lib/systemd/system
	bash_completion=$prefix/share/bash-completion/completions
	if [[ $prefix == /usr ]]; then
		zsh_completion=/usr/share/zsh/vendor-completions
	else
		zsh_completion=$prefix/share/zsh/site-functions
	fi
}

# What the program itself writes on a host, besides what dkms and the module's
# installation do: the operator's, taken away by a purge alone.
settings=(/etc/tsipvsadm.rules /etc/modprobe.d/tsipvsadm.conf /etc/sysctl.d/60-tsipvsadm.conf)

# put MODE DIRECTORY FILE…: into the staged tree.
put() {
	local mode=$1 directory=$2
	shift 2
	install -D -m "$mode" -t "$staged$directory" "$@"
}

# Files whose first line or paths are known only now.
fill() { # MODE SOURCE DESTINATION
	install -D -m "$1" /dev/null "$staged$3"
	sed "s|@SBIN@|$sbin|g; s|@LIB@|$lib|g; s|@NODE@|$node|g" "$2" >"$staged$3"
}

# stage ROOT DIRECTORY NODE: the whole installation below DIRECTORY, from the built
# tree ROOT; Node's path goes into the program's first line. After layout, and under -e.
stage() {
	local root=$1 directory
	staged=$2 node=$3
	put 755 "$lib/bin" "$root"/bin/tsipvsadm-{save,restore}
	cat <(echo "#!$node") "$root/scripts/launcher.cjs" >"$staged$lib/bin/tsipvsadm"
	chmod 755 "$staged$lib/bin/tsipvsadm"
	put 755 "$lib" "$root/packaging/save-rules"
	# Beside dist, as the program is: it looks for packages from there.
	put 644 "$lib/scripts" "$root/scripts/code-cache.cjs"
	put 644 "$lib/dist" "$root/dist/tsipvsadm.js"
	put 644 "$lib/dist/packages" "$root"/dist/packages/*.js
	put 644 "$lib/dist/native" "$root"/dist/native/*.node
	put 644 "$lib/kernel" "$root"/kernel/{Kbuild,Kconfig,*.[ch]}
	put 644 "$lib/kernel/dkms" "$root/kernel/dkms/dkms.conf"
	put 644 "$lib/kernel/dkms" "$root"/kernel/dkms/{placement.awk,probes}
	put 755 "$lib/kernel/dkms" "$root"/kernel/dkms/*.sh
	put 644 "$lib/patches" "$root"/patches/{series,placement,*.patch}
	for directory in "$root"/patches/*/; do
		directory=${directory%/}
		put 644 "$lib/patches/${directory##*/}" "$directory"/*
	done
	mkdir -p "$staged$sbin"
	for name in tsipvsadm tsipvsadm-save tsipvsadm-restore; do
		ln -s "../lib/tsipvsadm/bin/$name" "$staged$sbin/$name"
	done
	mkdir -p "$staged$man"
	gzip -9n <"$root/docs/tsipvsadm.8" >"$staged$man/tsipvsadm.8.gz"
	for name in save restore; do
		ln -s tsipvsadm.8.gz "$staged$man/tsipvsadm-$name.8.gz"
	done
	put 644 "$doc" "$root"/README.md "$root"/docs/*.md "$root/docs/schema.json"
	put 644 "$bash_completion" "$root/completion/tsipvsadm.bash"
	mv "$staged$bash_completion/tsipvsadm.bash" "$staged$bash_completion/tsipvsadm"
	put 644 "$zsh_completion" "$root/completion/_tsipvsadm"
	for unit in tsipvsadm tsipvsadm-save tsipvsadm-handover; do
		fill 644 "$root/packaging/systemd/$unit.service" "$units/$unit.service"
	done
	find "$staged" -type d -exec chmod 755 {} +
	find "$staged" -type f -name '*.gz' -exec chmod 644 {} +
}

# compile LIB NODE: V8's code of the bundle, for the Node that is here: a start without
# it costs half as much again. What another Node compiled is not read.
compile() {
	rm -rf "$1/dist/cache"
	"$2" "$1/scripts/code-cache.cjs" "$1/dist/tsipvsadm.js" "$1/dist/cache/$("$2" -p 'process.version + "-" + process.arch')" >/dev/null
}
