type Handler = (request: string) => number;

interface Route {
  handler: Handler;
}

function define(route: Route): Route {
  return route;
}

// The types of these come from what each is written for.
export const annotated: Handler = (request) => request.length;
export const listed: Route[] = [{ handler: (request) => request.length }];
export const satisfying = { handler: (request) => request.length } satisfies Route;
export const made = define({ handler: (request) => request.length });
export const curried = (): Handler => (request) => request.length;
