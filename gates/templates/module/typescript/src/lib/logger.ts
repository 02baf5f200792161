import { createLogger } from "@axon/logger";

import { SLUG } from "./identity.js";

export const logger = createLogger({ module: SLUG });
