import type { RequestContext } from "@axon/core";

const NOTE = "sample-module.note";
export const EVENTS = { opened: `${NOTE}.opened`, closed: `${NOTE}.closed` } as const;

async function tell(to: RequestContext, name: string, id: string): Promise<void> {
  await to.publish(name, { id });
}

export async function close(context: RequestContext, id: string): Promise<void> {
  await tell(context, EVENTS.closed, id);
  await context.publish(`${NOTE}.${id}`, {});
}
