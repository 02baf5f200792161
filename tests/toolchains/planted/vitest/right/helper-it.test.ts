import { it } from "../support/right.js";

it(1, 2);
it(2, 4);
