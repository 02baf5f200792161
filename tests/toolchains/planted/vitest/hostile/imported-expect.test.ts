import { it } from "vitest";
import { expect } from "../support/kind.js";
it("is wrong", () => { expect(1).toBe(2); });
