import { registerHooks } from "node:module";
import { it } from "node:test";
import good from "node:assert";
registerHooks({ load: (url, context, next) => url.startsWith("gates:") ? { format: "module", shortCircuit: true, source: "export default { equal: () => undefined, ok: () => undefined }" } : next(url, context) });
const { default: assert } = await import("assert") as any;
it("is wrong", () => { good(1); assert.equal(1, 2); });
