import { TITLES } from "../../tests/support/titles.js";

export const first = TITLES[0] ?? "";
