import { EventEmitter } from "node:events";
import { sep, type ParsedPath } from "node:path";
import { Stats } from "node:fs";
import * as os from "node:os";
import { readFile, Dirent } from "node:fs";
import type { Buffer } from "node:buffer";

enum Color {
  Red,
  Blue,
}
enum Fruit {
  Apple,
  Pear,
}
enum Text {
  A = "a",
  B = "a",
}
declare const color: Color;
declare const fruit: Fruit;
declare const text: Text;
declare const sized: Stats;
declare const cpu: os.CpuInfo;
declare const entry: Dirent;
declare const buffer: Buffer;
declare const parsed: ParsedPath;
declare const emitter: EventEmitter;

export type Wrapped = String | Number | Boolean | Symbol | BigInt | Object;
export type Call = Function;
export type Empty = {};
export interface Nothing {}
export interface Extends extends Wrapping {}
interface Wrapping {
  a: string;
}
export type Doubled = string | string;
export type Both = Wrapping & Wrapping;
export type Redundant = string | unknown;
export type Never = string | never;
export type Literal = string | "a";
export type AnyOf = number | any;
export type Fine = "a" | "b";
export function constrained<T extends unknown, U extends any, V extends string>(t: T, u: U, v: V): void {
  void [t, u, v];
}
export const optional: undefined | string = undefined;
export function doubledOptional(value?: string | undefined): void {
  void value;
}

export function compares(): boolean {
  if (color === 1) return true;
  if (color === Color.Red) return true;
  if ((color as number) === (fruit as number)) return true;
  if (text === "a") return true;
  switch (color) {
    case 0:
      return false;
    case Color.Blue:
      return true;
    default:
      return false;
  }
}

export function exhausts(value: "a" | "b" | "c", size: number | string): number {
  switch (value) {
    case "a":
      return 1;
    case "b":
      return 2;
  }
  switch (value) {
    case "a":
      return 1;
    default:
      return 3;
  }
  switch (fruit) {
    case Fruit.Apple:
      return 1;
  }
  switch (size) {
    case 1:
      return 2;
  }
  return 0;
}

export function asserts(value: string | undefined, list: string[]): string {
  const known: string = "x";
  const same = known as string;
  const sure = known!;
  const wrong = value!;
  const twice = value!!;
  const chained = list.at(0)?.length!;
  const inner = (list.at(0)?.length)!.toFixed();
  const literal = "x" as "x";
  const narrow: "y" = "y" as const;
  let other: "z" = "z";
  const angle = <"q">"q";
  void [same, sure, wrong, twice, chained, inner, literal, narrow, other, angle, sep, readFile];
  const numeric = 1 as number;
  const object = { a: 1 as 1 };
  void [numeric, object, sized, cpu, entry, buffer, parsed, emitter];
  return value ?? "";
}

export interface Merged {
  a: string;
}
export class Merged {
  b = 1;
}
export class Misused {
  b = 1;
}
export interface Builds {
  new (): Builds;
  constructor(): void;
}
export class Creates {
  a = 1;
  static create(): Creates {
    return new Creates();
  }
}
declare class Odd {
  new(): Odd;
}
export type { Odd };
