import { SLUG, VERSION } from "./lib/names.js";

const start = (log = true) => ({ slug: SLUG, version: VERSION, routes: [], jobs: [], log });
export { start };
