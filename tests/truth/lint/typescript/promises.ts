import { readFile } from "node:fs/promises";

declare function later(): Promise<number>;
declare function thenable(): PromiseLike<number>;
declare const maybe: Promise<void> | undefined;
declare const many: Promise<number>[];
declare function each(call: () => void): void;
declare function handle(event: string, call: (value: number) => void): void;

export function floats(): void {
  later();
  later().then((value) => value + 1);
  later().finally(() => undefined);
  void later();
  later().catch(() => 0);
  later().then(undefined, () => 0);
  maybe?.then(() => undefined);
  many.map((one) => one);
  [later(), later()];
  (async () => {
    await later();
  })();
  thenable();
  Promise.all(many);
  Promise.reject(new Error("x"));
  const kept = later();
  void kept;
}

export async function awaits(): Promise<number> {
  await 1;
  await later();
  await thenable();
  for await (const one of many) void one;
  for await (const one of [1, 2]) void one;
  await [later()];
  const text = await readFile("x", "utf8");
  return text.length;
}

export function misuses(): void {
  each(async () => {
    await later();
  });
  handle("x", async (value) => {
    await later();
    void value;
  });
  if (later()) return;
  const chosen = later() ? 1 : 2;
  void chosen;
  while (maybe) break;
  [1, 2].forEach(async () => {
    await later();
  });
  each(() => {
    void later();
  });
  const spread = { ...later() };
  void spread;
  const object: { run: () => void } = { run: async () => void (await later()) };
  void object;
}

export async function idle(): Promise<void> {
  void 0;
}

export const arrow = async (): Promise<number> => 1;

export async function passes(): Promise<number> {
  return later();
}

export class Idle {
  async close(): Promise<void> {
    void this;
  }
  async *values(): AsyncGenerator<number> {
    yield later();
  }
}

export function rejects(flag: boolean): Promise<never> {
  if (flag) return Promise.reject("no");
  if (!flag) return Promise.reject(undefined);
  void new Promise((_, reject) => {
    reject("text");
  });
  void new Promise((_, reject) => {
    reject(new TypeError("x"));
  });
  void Promise.reject();
  return Promise.reject(new Error("yes"));
}
