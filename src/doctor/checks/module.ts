// SPDX-License-Identifier: GPL-2.0-only
import type { ModuleFacts } from "../../module/facts.js";
import { mend, type Check, type Mend } from "../finding.js";

/** The module: none loaded, not this one, or one that can't be this one. */
export const moduleCheck: Check = {
  id: "module",
  *examine({ module }) {
    const { state, file } = module;
    if (state === "ours") return;
    const installed = file?.origin === "tsipvsadm";
    yield {
      ...texts(module),
      mends: [module.supported && state !== "built in" ? loading(module) : otherKernel(module)],
      // Nothing is there yet that could end.
      safe: state === "none" && installed,
      boot: "ip_vs_snat_sched in a file of /etc/modules-load.d/",
    };
  },
};

function texts({ state, file }: ModuleFacts): { readonly what: string; readonly why: string } {
  switch (state) {
    case "none":
    case "ours":
      return { what: "there is no IPVS in the kernel", why: `nothing is balanced or translated; ${whichOne(file)}.` };
    case "stock":
      return { what: "the loaded ip_vs is the stock module", why: `it has no source NAT, no zones and no FULLNAT; ${whichOne(file)}.` };
    case "built in":
      return { what: "this kernel has the stock ip_vs built in", why: "it has no source NAT, no zones and no FULLNAT, and can't be replaced." };
    case "ours but older":
      return { what: "the loaded ip_vs is another build than the one here", why: "what was mended or added since is not in it." };
  }
}

function whichOne(file: ModuleFacts["file"]): string {
  if (!file) return "modprobe finds none at all";
  return file.origin === "tsipvsadm" ? "the module of tsipvsadm is installed, but not loaded" : "modprobe would load the distribution's";
}

function loading({ state, file }: ModuleFacts): Mend {
  const install = file?.origin === "tsipvsadm" ? [] : ["tsipvsadm module install"];
  if (state === "none") return mend(install.length > 0 ? "build, install and load it" : "load it", ...install, "tsipvsadm module load");
  return mend("swap the modules; connections of the load balancer end, its services come back", ...install, "tsipvsadm module reload");
}

const otherKernel = ({ lines }: ModuleFacts): Mend =>
  mend(`boot a kernel of the distribution that there are patches for: ${lines.join(", ")}`, "apt-get install linux-image-amd64");
