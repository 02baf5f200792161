import { expect } from "@jest/globals";
import { it } from "../support/kind.js";
it("is wrong", () => { expect(1).toBe(2); });
