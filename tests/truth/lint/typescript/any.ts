declare const wild: any;
declare const open: unknown;
declare const map: Map<string, any>;
declare function take(value: number, text?: string): void;
declare function takeAll(...values: number[]): void;

export function one(value: any): number {
  return value;
}

export function two(value: unknown): string {
  const text: string = JSON.parse("1");
  const rest = wild;
  const { a } = wild;
  const [b] = wild;
  const c = wild.c.d;
  const d = wild["x"];
  const e = wild?.e;
  take(wild);
  takeAll(...wild);
  takeAll(...[1, 2]);
  wild();
  new wild();
  wild`x`;
  wild.method();
  return String(text) + String(rest) + String(a) + String(b) + String(c) + String(d) + String(e) + String(value);
}

export const list: any[] = [];
export type Loose = Record<string, any>;
export const cast = open as any;
export const generic = new Map<string, any>();
export interface Holder {
  held: any;
  known: unknown;
}
export function three(): any {
  return wild;
}
export const four = (): number => wild;
export const five = (): unknown => wild;
export function six(): Set<string> {
  return new Set<any>();
}
export async function seven(): Promise<string> {
  await Promise.resolve();
  return wild;
}
export function eight(): void {
  let text = "x";
  text = wild;
  const object: { a: string } = { a: wild };
  const array: string[] = [wild];
  const copy = [...wild];
  void [text, object, array, copy];
  take(1, map.get("x"));
  const value: unknown = wild;
  void value;
  for (const each of wild) void each;
}
export class Nine {
  field = wild;
  typed: number = wild;
  constructor(public value = wild) {}
}
export function ten(): number {
  return -wild + -open! + -(1 as unknown as bigint) + -("x" as unknown as string);
}
