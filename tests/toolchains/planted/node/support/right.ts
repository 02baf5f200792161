import real from "node:assert";
import { it as base } from "node:test";

export const it = (given: number, expected: number): void => { void base(`${given} doubled`, () => { real.equal(given * 2, expected); }); };
export const shared = (): void => { void base("shared", () => { real(1); }); };
export const assert = (value: unknown): void => { real.ok(value); };
