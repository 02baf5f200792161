import { expect } from "vitest";
import { test } from "../support/right.js";

test("has rows", ({ rows }) => { expect(rows).toHaveLength(2); });
