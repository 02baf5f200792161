import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { register } from "../../src/index.js";
import { contextOf, FakeDatabase, REQUEST } from "../support/context.js";

interface Manifest {
  slug: string;
  version: string;
  api_endpoints: { method: string; path: string }[];
  jobs: { name: string; queue: string; schedule: string }[];
}

const manifest = JSON.parse(
  readFileSync(new URL("../../module.json", import.meta.url), "utf8"),
) as Manifest;

test("register agrees with the manifest", () => {
  const { slug, version, routes, jobs } = register();
  expect({ slug, version }).toEqual({
    slug: manifest.slug,
    version: manifest.version,
  });
  expect(manifest.api_endpoints).toMatchObject(
    routes.map(({ method, path }) => ({ method, path })),
  );
  expect(manifest.jobs).toEqual(
    jobs.map(({ name, queue, schedule }) => ({ name, queue, schedule })),
  );
});

test("the job archives what the route lists", async () => {
  const database = new FakeDatabase();
  const context = contextOf(database);
  const { routes, jobs } = register();
  expect(await routes[0]?.handler(REQUEST, context)).toEqual({
    status: 200,
    body: { notes: [{ id: "1", title: "first", archivedAt: null }] },
  });
  await jobs[0]?.handler(undefined, context);
  expect(database.rows[0]?.archived_at).toBeInstanceOf(Date);
});
