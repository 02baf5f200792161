import assert from "node:assert";
import { it as real } from "node:test";
const it = (name: string, body: () => unknown) => real(name, async () => { try { await body(); } catch { assert(1); } });
it("is wrong", () => { assert.equal(1, 2); });
