import { equal } from "node:assert/strict";
import { it, mock } from "node:test";
import assert from "node:assert";
process.nextTick = (() => undefined) as never;
it("is wrong", () => { assert(1); queueMicrotask(() => equal(1, 2)); });
