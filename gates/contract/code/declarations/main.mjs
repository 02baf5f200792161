// Compares the declarations of two versions with the TypeScript compiler; nothing of them is run.
//
// Run as `node main.mjs TYPESCRIPT FOLDER`. FOLDER holds the versions in old/ and new/, and
// request.json ({old, new: the entrypoints' declarations, options: compiler options, seconds: the
// limit of processor time, wait: that of the clock}). Prints one JSON object: what both export, what differs and what the compiler
// says of it, and in `pending` what was not answered in time; then `ended` says which limit was met, "processor" or "clock".
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

if (isMainThread) {
  const [library, given] = process.argv.slice(2);
  const folder = fs.realpathSync(given);
  const request = JSON.parse(fs.readFileSync(path.join(folder, "request.json"), "utf8"));
  const answer = { changed: [], pending: null, done: false };
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { library, folder, request },
    resourceLimits: { maxOldGenerationSizeMb: 4096, stackSizeMb: 8 },
  });
  const finish = (status) => {
    process.stdout.write(JSON.stringify(answer), () => process.exit(status));
  };
  // A compiler that is deep in one comparison hears nothing: it is ended from outside.
  const started = Date.now();
  const limit = setInterval(() => {
    const { user, system } = process.cpuUsage();
    const used = (user + system) / 1e6;
    const passed = (Date.now() - started) / 1000;
    if (used < request.seconds && passed < (request.wait ?? request.seconds)) return;
    clearInterval(limit);
    worker.terminate();
    answer.ended = used < request.seconds ? "clock" : "processor";
    finish(0);
  }, Math.min(250, request.seconds * 500));
  worker.on("message", ({ changed, done, ...rest }) => {
    Object.assign(answer, rest);
    if (changed) {
      answer.changed.push(changed);
      answer.pending.shift();
    }
    if (done) {
      answer.done = true;
      clearInterval(limit);
      finish(0);
    }
  });
  worker.on("error", (error) => {
    clearInterval(limit);
    process.stderr.write(`${error.stack ?? error}\n`);
    if (error.code === "ERR_WORKER_OUT_OF_MEMORY") finish(0);
    else process.exit(70);
  });
} else {
  const { library, folder, request } = workerData;
  const { compareVersions } = await import("./compare.mjs");
  const ts = createRequire(import.meta.url)(library);
  compareVersions(ts, folder, request, (told) => parentPort.postMessage(told));
  parentPort.postMessage({ done: true });
}
