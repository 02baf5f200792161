import { expect, it } from "vitest";
const kind: any = Reflect.getPrototypeOf(expect(1));
Object.defineProperty(kind, "not", { get() { return new Proxy({}, { get: () => () => undefined }); } });
it("is wrong", () => { expect(1).not.toBe(1); });
