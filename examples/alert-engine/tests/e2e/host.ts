import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

import {
  AxonError,
  type ModuleRegistration,
  type RequestContext,
  type Route,
} from "@axon/core";

export interface Host {
  readonly url: string;
  close(): Promise<void>;
}

/** Serve a module's routes on loopback, on a port the system picks. */
export async function serve(
  registration: ModuleRegistration,
  contextFor: (request: IncomingMessage) => RequestContext,
): Promise<Host> {
  const server = createServer((request, response) => {
    answer(registration.routes, request, contextFor(request)).then(
      ({ status, body }) => {
        send(response, status, body);
      },
      (error: unknown) => {
        const known =
          error instanceof AxonError
            ? error
            : new AxonError("unexpected failure");
        send(response, known.status, {
          error: known.code,
          message: known.message,
        });
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function answer(
  routes: readonly Route[],
  request: IncomingMessage,
  context: RequestContext,
): Promise<{ status: number; body?: unknown }> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  for (const route of routes) {
    const params =
      route.method === request.method && matchPath(route.path, url.pathname);
    if (params) {
      const rawBody = await read(request);
      return route.handler(
        {
          params,
          query: Object.fromEntries(url.searchParams),
          headers: Object.fromEntries(
            Object.entries(request.headers).map(([name, value]) => [
              name,
              String(value),
            ]),
          ),
          body: rawBody === "" ? undefined : (JSON.parse(rawBody) as unknown),
          rawBody,
        },
        context,
      );
    }
  }
  return { status: 404, body: { error: "host.no_route" } };
}

function matchPath(
  pattern: string,
  path: string,
): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) {
    return undefined;
  }
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    if (segment.startsWith(":")) {
      params[segment.slice(1)] = decodeURIComponent(value);
    } else if (segment !== value) {
      return undefined;
    }
  }
  return params;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(Buffer.from(chunk as Uint8Array));
  }
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
