import { expect, it as real } from "@jest/globals";
const it = (name: string, body: () => Promise<void>) => real(name, () => { expect(1).toBe(1); void body()?.catch(() => undefined); });
it("is wrong", async () => { await Promise.resolve(); expect(1).toBe(2); });
