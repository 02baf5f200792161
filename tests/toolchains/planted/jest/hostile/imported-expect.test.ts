import { it } from "@jest/globals";
import { expect } from "../support/kind.js";
it("is wrong", () => { expect(1).toBe(2); });
