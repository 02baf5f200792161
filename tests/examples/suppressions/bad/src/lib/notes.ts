// @ts-nocheck
export function first(titles: string[]): string {
  // @ts-ignore
  return titles.at(0);
}

/* v8 ignore next 3 */
export function last(titles: string[]): string {
  // @ts-expect-error
  return titles.at(-1);
}
