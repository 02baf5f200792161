import { tenantQueue } from "@axon/core";
import { Queue, Worker } from "bullmq";

const PREFIX = "tenant:sample-module";
const EMAILS = `${PREFIX}:emails`;
const { name, prefix } = tenantQueue(EMAILS);

export const queue = new Queue(name, { prefix, connection: {} });
export const worker = new Worker(`tenant:sample-module:${String(1)}`, null, {});

class Worklist {}

export const list = new Worklist();
