import { Queue, Worker } from "bullmq";

const NAME = "emails";

export const queue = new Queue(NAME, { connection: {} });
export const worker = new Worker(`tenant:other-module:${NAME}`, null, {});

export function open(name: string): Queue {
  return new Queue(name, { connection: {} });
}
