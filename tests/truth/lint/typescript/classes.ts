class Service {
  name = "x";
  static shared = 1;
  run(): string {
    return this.name;
  }
  bound = (): string => this.name;
  static make(): Service {
    return new Service();
  }
  plain(this: void): number {
    return 1;
  }
  alias(): void {
    const self = this;
    const { name } = this;
    const that = this.name;
    void [self, name, that];
  }
  assigns(): void {
    let other: unknown;
    other = this;
    void other;
  }
}
declare const service: Service;
declare const literal: { run(): void; call: () => void };

export const unbound = [
  service.run,
  service.bound,
  Service.make,
  service.plain,
  literal.run,
  literal.call,
  service.run.bind(service),
  service.run(),
  [1].map,
  Math.max,
  console.log,
  Promise.resolve,
  Object.keys,
  JSON.parse,
];
export const { run } = service;
export const { bound } = service;
export const chosen = service.run || service.bound;
export const typed = typeof service.run;
if (service.run) void 0;

export namespace Inside {
  export const a = 1;
}
declare module Older {
  const a: number;
}
declare module "outside" {
  export const b: number;
}
declare global {
  interface Window2 {
    a: 1;
  }
}
declare namespace Declared {
  const c: number;
}
export type { Declared, Older };

export function throws(flag: number, value: unknown, error: Error): void {
  if (flag === 1) throw "text";
  if (flag === 2) throw 5;
  if (flag === 3) throw undefined;
  if (flag === 4) throw { message: "x" };
  if (flag === 5) throw value;
  if (flag === 6) throw error;
  if (flag === 7) throw new RangeError("x");
  if (flag === 8) throw null;
  try {
    throws(1, value, error);
  } catch (caught) {
    throw caught;
  }
}

export function inArrays(list: string[]): void {
  for (const key in list) void key;
  for (const key in { a: 1 }) void key;
  for (const key of list) void key;
  delete list[0];
  const record: Record<string, number> = { a: 1 };
  delete record["a"];
  const tuple: [number, number?] = [1, 2];
  delete tuple[1];
  for (const key in "text") void key;
}

export function evaluates(text: string): void {
  setTimeout("x()", 1);
  setTimeout(text, 1);
  setTimeout(() => undefined, 1);
  setInterval("x" + text, 2);
  new Function("a", "return a");
  Function("return 1");
  const made = Function;
  globalThis.setTimeout("y()", 1);
  eval("1");
  (0, eval)("1");
  globalThis.eval("1");
  const indirect = eval;
  void [made, indirect];
  debugger;
}
