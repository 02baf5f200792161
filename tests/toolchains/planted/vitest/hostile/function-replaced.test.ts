import { beforeAll, expect, it } from "vitest";
import { getCurrentSuite, setFn } from "vitest/suite";
const { tasks } = getCurrentSuite() as any;
beforeAll(() => { for (const each of tasks) setFn(each, async () => { expect(1).toBe(1); }); });
it("is wrong", () => { expect(1).toBe(2); });
