import type { Route } from "../index.js";

const BASE = "/api/sample-module";

export const noteRoutes: readonly Route[] = [
  { method: "GET", path: `${BASE}/notes` },
  { method: "POST", path: `${BASE}/notes` },
];
