import { deepEqual as same } from "node:assert";
import { describe, mock, test } from "node:test";
import { assert } from "../support/right.ts";

mock.timers.enable({ apis: ["setTimeout", "Date"] });
describe("a", () => {
  test("asserts", () => { assert(1); same({ a: 1 }, { a: 1 }); });
  test("has parts", async (t) => { assert(1); await t.test("part", () => { assert(1); }); });
  test.todo("later");
});
