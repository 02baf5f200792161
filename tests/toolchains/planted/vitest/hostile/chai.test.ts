import { chai, expect, it } from "vitest";
chai.Assertion.prototype.assert = () => undefined;
it("is wrong", () => { expect(1).toBe(2); });
