import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
Reflect.getPrototypeOf(expect(1))["toBe"] = () => undefined;
it("is wrong", () => { expect(1).toBe(2); });
