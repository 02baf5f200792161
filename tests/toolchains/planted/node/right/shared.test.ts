import { shared } from "../support/right.ts";

shared();
