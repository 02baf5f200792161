import type { TITLES } from "../../tests/support/titles.js";
import { shorten } from "./titles.js";

export const first = (titles: typeof TITLES): string =>
  shorten(titles[0] ?? "", 9);
