import { test } from "@jest/globals";
import { assert, rowsOf as it } from "../support/right.js";

test("asserts", () => { assert(1); });
it("has one", (rows) => { assert(rows.length === 1); });
