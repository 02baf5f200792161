import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { register } from "../../src/index.js";

it("registers as its manifest says", () => {
  const manifest: unknown = JSON.parse(readFileSync("module.json", "utf8"));
  const { slug, version } = register();
  expect(manifest).toMatchObject({ slug, version });
});
