import { expect, it as check } from "vitest";
check("a", () => { expect(1).toBe(1); })
/* the end */