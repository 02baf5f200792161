import { describe, expect, it } from "vitest";
const has = false;
describe.skipIf(!has)("needs a server", () => { it("answers", () => { expect(1).toBe(2); }); });
