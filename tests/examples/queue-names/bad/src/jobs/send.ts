import { tenantQueue } from "@axon/core";
import { Queue, Worker } from "bullmq";

const NAME = "emails";
const other = tenantQueue(`tenant:other-module:${NAME}`);

export const queue = new Queue<string>(NAME, { connection: {} });
export const worker = new Worker(other.name, undefined, { connection: {} });

export class Own extends Queue<string> {}

export function open(whole: string): Queue<string> {
  const { name, prefix } = tenantQueue(whole);
  return new Queue<string>(name, { prefix, connection: {} });
}
