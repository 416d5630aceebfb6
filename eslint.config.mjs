// SPDX-License-Identifier: GPL-2.0-only
import tseslint from "typescript-eslint";

/** Imports go one way: bin → main → commands → {cli, doctor, plan, format, ipvs, module} → model; doctor → plan; plan → {format, ipvs}; ipvs → netlink. */
const layers = {
  model: [],
  netlink: [],
  format: ["model"],
  cli: ["model"],
  ipvs: ["model", "netlink"],
  plan: ["format", "ipvs", "model"],
  module: ["model"],
  doctor: ["plan", "format", "ipvs", "module", "model"],
  commands: ["cli", "doctor", "plan", "format", "ipvs", "module", "model"],
};

const folders = Object.keys(layers);

/** A folder's files may import its own folder, the folders it stands on, and errors, io, version of the root. */
const directions = Object.entries(layers).map(([folder, below]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${folders.filter((name) => name !== folder && !below.includes(name)).join("|")})/`,
            message: `src/${folder} may import only ${["itself", ...below].join(", ")}: see the import direction in eslint.config.mjs.`,
          },
          { regex: "^(\\.\\./)+(main|entry)(\\.js)?$", message: "Nothing imports main or the entry." },
          ...(folder === "model" || folder === "netlink"
            ? [{ regex: "^(\\.\\./)+(errors|io|version)(\\.js)?$", message: `src/${folder} stands by itself.` }]
            : []),
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["dist/", "build/", "node_modules/"] },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // A non-null assertion follows a check that the type can't show.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Loaded only where used: start-up is part of the product.
      "@typescript-eslint/no-require-imports": "off",
      "max-lines": ["error", { max: 250, skipBlankLines: false }],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  { files: ["src/ipvs/abi/*.ts"], rules: { "max-lines": "off" } },
  { files: ["src/**/*.ts"], rules: { "max-lines-per-function": ["error", { max: 45, skipBlankLines: true }], "no-control-regex": "off" } },
  { files: ["**/*.{js,cjs,mjs}"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  ...directions,
);
