import { readFileSync } from "node:fs";

import type { Route } from "@axon/core";
import { expect, test } from "vitest";

import { register } from "../../src/index.js";

interface Manifest {
  slug: string;
  version: string;
  api_endpoints: {
    method: string;
    path: string;
    authenticated: boolean;
    permissions: string[];
  }[];
  jobs: { name: string; queue: string; schedule: string }[];
  permissions: string[];
  health_check: { endpoint: string };
}

const manifest = JSON.parse(
  readFileSync(new URL("../../module.json", import.meta.url), "utf8"),
) as Manifest;

function withoutHandler({
  method,
  path,
  description,
  authenticated,
  permissions,
}: Route) {
  return { method, path, description, authenticated, permissions };
}

test("register needs no environment and agrees with the manifest", () => {
  const { slug, version, routes, jobs, health } = register();
  expect({ slug, version, health }).toEqual({
    slug: manifest.slug,
    version: manifest.version,
    health: manifest.health_check.endpoint,
  });
  expect(routes.map(withoutHandler)).toEqual(manifest.api_endpoints);
  expect(
    jobs.map(({ name, queue, schedule }) => ({ name, queue, schedule })),
  ).toEqual(manifest.jobs);
  expect(manifest.permissions).toEqual(
    expect.arrayContaining(routes.flatMap((route) => route.permissions)),
  );
});

test("shutdown without a queue is harmless", async () => {
  await expect(register().shutdown?.()).resolves.toBeUndefined();
});
