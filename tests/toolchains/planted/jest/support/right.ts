import { expect as real, it as base } from "@jest/globals";

export const it = (given: number, expected: number): void => base(`${given} doubled`, () => { real(given * 2).toBe(expected); });
export const rowsOf = (name: string, body: (rows: number[]) => void): void => base(`rows: ${name}`, () => { body([1]); });
export const assert = (value: unknown): void => { real(value).toBeTruthy(); };
