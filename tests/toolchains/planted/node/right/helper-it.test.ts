import { it } from "../support/right.ts";

it(1, 2);
it(2, 4);
