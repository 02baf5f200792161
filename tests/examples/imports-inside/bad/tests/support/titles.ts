export const TITLES: readonly string[] = ["a"];
