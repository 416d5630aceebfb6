// SPDX-License-Identifier: GPL-2.0-only
import type { Host } from "./host.js";

/**
 * Names of compilers for a kernel, the one that built it first, as kernel/dkms/build.sh tries
 * them: headers may bring x86_64-linux-gnu-gcc-14 alone, without a gcc-14 or a gcc.
 */
export function compilers(host: Host, release: string): readonly string[] {
  const config = host.read(`/lib/modules/${release}/build/.config`) ?? "";
  const name = /^CONFIG_CC_VERSION_TEXT="(\S*gcc\S*) /m.exec(config)?.[1];
  const number = name && /gcc-\d+$/.exec(name)?.[0];
  return [...new Set([...(name ? [name] : []), ...(number ? [number] : []), "gcc"])];
}
