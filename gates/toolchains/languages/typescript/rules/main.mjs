// Compiles a module's files once, and holds its sources against the platform's rules for code.
//
// Run as `node main.mjs TYPESCRIPT REQUEST`; nothing of the module runs. REQUEST is a JSON file
// ({folder: the module's copy, project: its tsconfig, files, sources: those of `files` that rules
// hold for, environment: the files that may read it, prefix: that of the module's queues, entry: the
// file of register(), or null, packages: the folders of what is installed}). Prints one JSON object: {seen, problems, breaks, outside, queues, statements};
// paths are relative to the folder, lines and columns count from 1.
import fs from "node:fs";
import { createRequire } from "node:module";

import { findAny } from "./any.mjs";
import { findCapabilities } from "./capabilities.mjs";
import { findErrors } from "./errors.mjs";
import { findImports } from "./imports.mjs";
import { findMembers } from "./members.mjs";
import { findOutside } from "./outside.mjs";
import { findPaths } from "./paths.mjs";
import { openProgram } from "./program.mjs";
import { findQueues } from "./queues.mjs";
import { findRegister } from "./register.mjs";
import { findStatements } from "./statements.mjs";
import { findTelemetry } from "./telemetry.mjs";

const [library, given] = process.argv.slice(2);
const request = JSON.parse(fs.readFileSync(given, "utf8"));
const program = openProgram(createRequire(import.meta.url)(library), request);
const breaks = [];
const queues = [];
const statements = [];
for (const file of program.sources) {
  const found = [
    ...findImports(program, file),
    ...findMembers(program, file),
    ...findCapabilities(program, file),
    ...findErrors(program, file),
    ...findAny(program, file),
    ...findQueues(program, file, queues),
    ...findPaths(program, file),
    ...findStatements(program, file, statements),
    ...findTelemetry(program, file),
  ];
  breaks.push(...found.map(toBreak));
}
breaks.push(...[...findRegister(program)].map(toBreak));
function toBreak({ rule, node, message }) {
  return { rule, message, ...program.place(node) };
}
const outside = [...findOutside(program)];
const answer = { seen: program.seen, problems: program.problems, breaks, outside, queues, statements };
process.stdout.write(JSON.stringify(answer));
