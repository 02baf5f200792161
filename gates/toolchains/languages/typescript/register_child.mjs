// Loads a built TypeScript module and calls its register(), in a sandbox.
//
// Run as `node --enable-source-maps register_child.mjs ANSWERS FOLDER ENTRY SECONDS`. FOLDER holds
// the unpacked bundle, ENTRY is the built entrypoint in it. Each line that it appends to the file
// ANSWERS is a JSON object with an `event`; what the module prints goes elsewhere.
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const [answers, folder, entry, seconds] = process.argv.slice(2);
const descriptor = fs.openSync(answers, "a", 0o600);
const root = fs.realpathSync(folder) + path.sep;
const { writeSync } = fs;
const exit = process.exit.bind(process);
const reallyExit = process.reallyExit.bind(process);
const ended = new Int32Array(new SharedArrayBuffer(4));
const { compareExchange } = Atomics;
let sockets = 0;

function say(event, more = {}) {
  const cut = Object.fromEntries(
    Object.entries(more).map(([key, value]) => [
      key,
      typeof value === "string" ? value.slice(0, 500) : value,
    ]),
  );
  writeSync(descriptor, `${JSON.stringify({ event, ...cut })}\n`);
}

/** A value that is JSON and short: the module chose it. */
function plain(value) {
  if (typeof value === "string") return value.slice(0, 500);
  return ["boolean", "number"].includes(typeof value) ? value : null;
}

/** The named members of each object in a list; null for what is no list. */
function listed(value, names) {
  if (!Array.isArray(value)) return null;
  return value.slice(0, 500).map((each) =>
    names.map((name) => {
      const member = each?.[name];
      return Array.isArray(member) ? member.slice(0, 100).map(plain) : plain(member);
    }),
  );
}

function end(event, more) {
  if (compareExchange(ended, 0, 0, 1) === 0) say(event, more);
  reallyExit(0);
}

/** The innermost line of the module's own files in a stack, with source maps applied. */
function place(stack) {
  for (const line of String(stack ?? "").split("\n")) {
    const found = /(?:\(|at (?:async )?|^)((?:file:\/\/)?\/[^()]*?):(\d+)(?::\d+)?\)?$/.exec(
      line.trim(),
    );
    if (found === null) continue;
    const file = found[1].startsWith("file:") ? fileURLToPath(found[1]) : found[1];
    if (file.startsWith(root) && !file.includes("/node_modules/")) {
      return { path: file.slice(root.length), line: Number(found[2]) };
    }
  }
  return {};
}

function refuse(call, address) {
  const error = new Error("register() may not open a socket");
  error.code = "EACCES";
  Error.stackTraceLimit = 100;
  Error.captureStackTrace(error);
  sockets += 1;
  if (sockets <= 20) say("socket", { call, address, ...place(error.stack) });
  return error;
}

function target(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (first !== null && typeof first === "object") {
    return first.path ?? `${first.host ?? "localhost"}:${String(first.port ?? "")}`;
  }
  const host = typeof second === "string" ? second : "localhost";
  return typeof first === "number" ? `${host}:${String(first)}` : String(first);
}

function watch(object, name, call, describe) {
  object[name] = function watched(...args) {
    throw refuse(call, describe(args));
  };
}

watch(net.Socket.prototype, "connect", "connect", target);
watch(net.Server.prototype, "listen", "listen", target);
for (const name of ["bind", "connect", "send"]) {
  watch(dgram.Socket.prototype, name, `dgram.${name}`, (args) =>
    args.filter((each) => ["number", "string"].includes(typeof each)).join(" "),
  );
}
for (const where of [dns, dns.promises]) {
  for (const name of ["lookup", "resolve", "resolve4", "resolve6", "resolveSrv", "resolveTxt"]) {
    watch(where, name, `dns.${name}`, (args) => String(args[0]));
  }
}
globalThis.fetch = (input) =>
  Promise.reject(refuse("fetch", String(input?.url ?? input)));
for (const name of ["WebSocket", "EventSource"]) {
  if (name in globalThis) {
    globalThis[name] = class {
      constructor(url) {
        throw refuse(name, String(url));
      }
    };
  }
}
syncBuiltinESMExports();

function exited(status) {
  const error = new Error();
  end("exited", { status: String(status ?? process.exitCode ?? 0), ...place(error.stack) });
}
process.exit = exited;
process.reallyExit = exited;
process.abort = exited;
process.kill = new Proxy(process.kill, {
  apply(kill, self, [pid, signal]) {
    if (pid === process.pid) exited(signal ?? "SIGTERM");
    return Reflect.apply(kill, self, [pid, signal]);
  },
});

function threw(error) {
  const type = error instanceof Error ? error.constructor.name : typeof error;
  const message = error instanceof Error ? error.message : String(error);
  end("threw", { type, message, ...place(error?.stack) });
}
process.on("uncaughtException", threw);
process.on("unhandledRejection", threw);
process.on("exit", () => {
  if (ended[0] === 0) end("unsettled", {});
});

/** Ends the process in time. A thread of its own: one that never comes back runs no timer. */
function deadline() {
  const { workerData: given } = require("node:worker_threads");
  Atomics.wait(given.ended, 0, 0, given.seconds * 1000);
  if (Atomics.compareExchange(given.ended, 0, 0, 1) === 0) {
    require("node:fs").writeSync(given.descriptor, '{"event":"hung"}\n');
    process.kill(process.pid, "SIGKILL");
  }
}

say("started");
new Worker(`(${deadline})()`, {
  eval: true,
  execArgv: [],
  workerData: { ended, descriptor, seconds: Number(seconds) },
});
try {
  const loaded = await import(pathToFileURL(path.join(folder, entry)).href);
  const register = loaded.register ?? loaded.default?.register;
  if (typeof register !== "function") end("no-register", {});
  say("loaded");
  const value = await register();
  const slug = value?.slug;
  end("answered", {
    version: plain(value?.version),
    routes: listed(value?.routes, ["method", "path", "authenticated", "permissions"]),
    jobs: listed(value?.jobs, ["name", "queue", "schedule"]),
    type: value === null ? "null" : Array.isArray(value) ? "array" : typeof value,
    slug: ["string", "number", "boolean"].includes(typeof slug) ? slug : slug == null ? null : "?",
  });
} catch (error) {
  threw(error);
}
exit(0);
