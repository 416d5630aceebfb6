// SPDX-License-Identifier: GPL-2.0-only
export { checks } from "./checks/index.js";
export { examine, fix, type Ran, type Report } from "./examine.js";
export { type Host, thisHost } from "./host.js";
export { plain, ranText, reportFields, reportText, type Style } from "./text.js";
