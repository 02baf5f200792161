import { tenantQueue } from "@axon/core";
import { Queue } from "bullmq";

const PREFIX = "tenant:alert-engine";
const EMAILS = `${PREFIX}:emails`;
const { name, prefix } = tenantQueue(EMAILS);

export const queue = new Queue<string>(name, { prefix, connection: {} });

class Worklist {}

export const list = new Worklist();
