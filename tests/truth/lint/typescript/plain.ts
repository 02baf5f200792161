/// <reference path="./any.ts" />
/// <reference types="node" />
/// <reference lib="es2023" />
import assert = require("node:assert");
import { unused, basename as alias } from "node:path";
import defaulted from "node:url";
const required = require("node:fs");
const computed = await import("node:fs");

var old = 1;
let never = 2;
let changed = 3;
changed = 4;
let { a, b } = { a: 1, b: 2 };
b = 3;
let later;
later = 5;
const _ignored = 1;
const notRead = 2;
let written = 1;
written = 2;

function unusedFunction(): void {
  unusedFunction();
}
class UnusedClass {}
type UnusedType = string;
interface UnusedInterface {
  a: string;
}
enum UnusedEnum {
  A,
}
export function parameters(first: string, second: string, _third: string): string {
  return first;
}
export function before(first: string, second: string): string {
  return second;
}
export function destructures({ x, y }: { x: string; y: string }): string {
  const { z, ...rest } = { z: 1, w: 2 };
  const [p, q] = [1, 2];
  const [, r] = [1, 2];
  return x + String(rest) + String(q) + String(r);
}
export function catches(): void {
  try {
    parameters("", "", "");
  } catch (error) {
    parameters("", "", "");
  }
  try {
    parameters("", "", "");
  } catch {
    parameters("", "", "");
  }
  for (const item of [1]) parameters("", "", "");
}

export function expressions(flag: boolean, call: () => void): void {
  flag;
  1 + 2;
  flag && call();
  flag ? call() : call();
  flag || call();
  call?.();
  `text`;
  String.raw`x`;
  "use strict";
  void 0;
  delete ({ a: 1 } as { a?: number }).a;
  a, b;
  !flag;
  (() => undefined)();
  import("node:fs");
  flag ?? call();
  call!;
  flag as unknown;
}

export function compares(x: number | null | undefined, y: string): boolean {
  return (
    x == 1 || x != 2 || x == null || null != x || x == undefined || typeof x == "number" || y == "a" || y === "b"
  );
}

export function builds(): unknown[] {
  return [new Array(1, 2), Array(0, 1, 2), new Array(5), new Array<number>(1, 2), Array(), new Array(), Array.of(1)];
}

export function rest(): unknown[] {
  return [arguments.length, arguments];
}
export function calls(list: number[], object: { max(...all: number[]): number }): void {
  Math.max.apply(undefined, list);
  Math.max.apply(Math, list);
  Math.max(...list);
  object.max.apply(object, list);
  object.max.apply(undefined, list);
  builds.call(undefined);
}

export function implied(value) {
  return value;
}
export const boundary = (value) => value;
export const returns = () => 1;
export const typedArrow = (value: string): string => value;
export default function named(value: string) {
  return value;
}
export class Boundary {
  method(value: string) {
    return value;
  }
  private hidden(value: string) {
    return value;
  }
  get size() {
    return 1;
  }
  set size(value) {
    void value;
  }
  field = (value: string) => value;
  constructor(first, private second: string) {
    void [first, this.second, this.hidden("")];
  }
}
export const handlers = { run: (value: string) => value, stop(value: string) { return value; } };
export const typedHandlers: Record<string, (value: string) => string> = { run: (value) => value };
export const higher = (one: string) => (two: string) => one + two;
export const higherTyped = (one: string) => (two: string): string => one + two;
export const constant = () => ({ a: 1 }) as const;

console.log(required, computed, old, never, changed, later, alias, assert);
console.error("x");
globalThis.console.log("x");
const { log } = console;
log("x");
