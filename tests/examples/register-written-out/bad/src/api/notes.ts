import type { Route } from "../index.js";

const BASE = "/api/sample-module";

export const noteRoutes: Route[] = ["notes", "tags"].map((name) => ({
  method: "GET",
  path: `${BASE}/${name}`,
}));

export const tagRoutes: Route[] = [{ method: "GET", path: `${BASE}/tags` }];

if (Date.now() > 2000000000000) {
  tagRoutes.push({ method: "DELETE", path: `${BASE}/tags` });
}
