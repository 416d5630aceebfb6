#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the Debian package, build/tsipvsadm_VERSION_ARCHITECTURE.deb: the same
# bytes from the same commit. Its maintainer is DEBFULLNAME <DEBEMAIL>, its date
# SOURCE_DATE_EPOCH or that of the last commit.
#   package-deb.sh [--lint]   and has lintian look at it, which must find no error
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$root/packaging/files.sh"
[[ ${1-} == '' || ${1-} == --lint ]] || die "unknown argument \"$1\"; --lint is known"
cd "$root"

bash scripts/build.sh
version=$(node -p 'require("./package.json").version')
architecture=$(dpkg --print-architecture)
maintainer="${DEBFULLNAME:-tsipvsadm developers} <${DEBEMAIL:-tsipvsadm@example.org}>"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
package=build/tsipvsadm_${version}_$architecture.deb
umask 022
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

layout /usr
stage "$root" "$tree" /usr/bin/node
# The program says so of itself, and nobody reads its symbols.
find "$tree" -name '*.node' -exec strip --strip-unneeded -R .comment {} +
cat packaging/deb/copyright dist/packages/LICENSES >"$tree$doc/copyright"
gzip -9n >"$tree$doc/changelog.gz" <<-END
	tsipvsadm ($version) stable; urgency=medium

	  * Version $version.

	 -- $maintainer  $(date -uRd "@$SOURCE_DATE_EPOCH")
END

mkdir "$tree/DEBIAN"
for script in preinst postinst prerm postrm; do
	sed "s|@VERSION@|$version|; s|@SETTINGS@|${settings[*]}|" "packaging/deb/$script" >"$tree/DEBIAN/$script"
	chmod 755 "$tree/DEBIAN/$script"
done
cp packaging/deb/triggers "$tree/DEBIAN/"
sed "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@MAINTAINER@|$maintainer|; s|@SIZE@|$(du -sk --apparent-size --exclude=DEBIAN "$tree" | cut -f 1)|" \
	packaging/deb/control >"$tree/DEBIAN/control"
(cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | sort | xargs -d '\n' md5sum) >"$tree/DEBIAN/md5sums"
find "$tree" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >/dev/null
echo "built $package"

if [[ ${1-} == --lint ]]; then
	need_packages lintian
	lintian --allow-root --fail-on error "$package"
fi
