import { expect, it } from "vitest";
import rows from "./rows.test.json";

it("reads them", () => { expect(rows.rows).toBe(1); });
