// SPDX-License-Identifier: GPL-2.0-only
// What the pages point at is there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(__dirname, "../../..");
const pages = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
const read = (page: string) => readFileSync(join(root, page), "utf8");

/** As a forge makes them: small letters, hyphens for blanks, no other marks. */
const anchors = (page: string) =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-"));

test.each(pages)("links of %s", (page) => {
  const broken = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter((link) => {
    if (/^\w+:/.test(link)) return false;
    const [path, anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path!);
    return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(target).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test("every page is in the index", () => {
  const index = read("README.md");
  for (const page of pages.slice(1)) expect(index).toContain(`(${page})`);
});
