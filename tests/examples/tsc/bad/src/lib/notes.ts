export function total(sizes): number {
  return sizes.length;
}

export function first(titles: readonly string[]): string {
  return titles.find((title) => title !== "");
}
