import { expect as real, test as base } from "vitest";

export const test = base.extend<{ rows: number[] }>({ rows: async ({}, use) => { await use([1, 2]); } });
export const it = (given: number, expected: number): void => base(`${given} doubled`, () => { real(given * 2).toBe(expected); });
export const rowsOf = (name: string, body: (rows: number[]) => void): void => base(`rows: ${name}`, () => { body([1]); });
export const assert = (value: unknown, message?: string): void => { real(value, message).toBeTruthy(); };
