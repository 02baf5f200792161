import { equal, AssertPredicate } from "node:assert";
import { it } from "@jest/globals";

const kind: AssertPredicate = Error;
it("has a kind", () => { equal(typeof kind, "function"); });
