// What may be imported: the module's own files under src, packages, and the listed modules of Node.
import { builtinModules } from "node:module";
import path from "node:path";

import { walk } from "./program.mjs";

const ALLOWED = new Set([
  "async_hooks", "buffer", "console", "constants", "crypto", "diagnostics_channel", "dns", "events",
  "fs", "http", "http2", "https", "net", "os", "path", "perf_hooks", "process", "punycode",
  "querystring", "readline", "stream", "string_decoder", "timers", "tls", "url", "util", "zlib",
]);
/** Modules of Node that break another rule than that of capabilities. */
const OTHERS = new Map([["assert", "errors-thrown"]]);
const OBJECTS = new Set(["console", "process"]);
const LOGGERS = new Set([
  "bunyan", "consola", "debug", "log4js", "loglevel", "npmlog", "pino", "roarr", "signale", "tslog",
  "winston",
]);

/** Of a package, what it keeps for itself: `package/src/..`, `package/internal`. */
const HIDDEN = /^(@[^/]+\/)?[^@./#][^/]*\/(.*\/)?(_[^/]*|dist|internal|internals|private|src)(\/|$)/;

/** Each import of something else, and each whose target only a run knows. */
export function* findImports(program, file) {
  const { ts } = program;
  for (const node of walk(ts, file)) {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier && !isForTypes(ts, node)) {
        yield* judge(program, file, node.moduleSpecifier, node);
      }
    } else if (ts.isExternalModuleReference(node)) {
      yield* judge(program, file, node.expression, node);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [given] = node.arguments;
      if (node.arguments.length === 1 && ts.isStringLiteralLike(given)) {
        yield* judge(program, file, given, node);
      } else {
        yield { rule: "capabilities", node, message: "this import() loads what only a run knows" };
      }
    }
  }
}

/** The name of a module of Node without its scheme; undefined for another. */
export function builtin(name) {
  const plain = name.replace(/^node:/, "");
  return name.startsWith("node:") || builtinModules.includes(plain.split("/")[0]) ? plain : undefined;
}

/** Whether a name is a path, and of no file of the module. */
function isElsewhere(program, file, name) {
  if (/^(\/|file:)/.test(name)) return true;
  return name.startsWith(".") && program.inside(path.resolve(path.dirname(file.fileName), name)) === undefined;
}

function isForTypes(ts, node) {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  return clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || clause?.isTypeOnly === true;
}

function* judge(program, file, specifier, node) {
  const { ts } = program;
  const name = specifier.text;
  const found = (rule, message) => ({ rule, node: specifier, message });
  const own = builtin(name)?.split("/")[0];
  if (own !== undefined) {
    const rule = OTHERS.get(own);
    if (rule !== undefined) yield found(rule, `${name} throws errors that are no AxonErrors`);
    else if (!ALLOWED.has(own)) yield found("capabilities", `${name} is a capability that is not listed`);
    else if (OBJECTS.has(own) && !ts.isImportDeclaration(node)) {
      yield found("capabilities", `${own} is handed on`);
    }
    return;
  }
  const packageName = name.split("/")[0];
  if (LOGGERS.has(packageName)) yield found("platform-logger", `${name} goes past the platform's logger`);
  if (packageName === "dotenv") yield found("environment-access", "dotenv reads the environment");
  if (isElsewhere(program, file, name)) {
    yield found("imports-inside", `${name} lies outside of the module`);
    return;
  }
  if (HIDDEN.test(name)) yield found("imports-inside", `${name} is internal to its package`);
  const mode = program.program.getModeForUsageLocation(file, specifier);
  const target = program.program.getResolvedModule(file, name, mode)?.resolvedModule;
  if (target === undefined) {
    yield found("capabilities", `the compiler does not find ${name}, so what it does cannot be read`);
    return;
  }
  const place = program.inside(target.resolvedFileName);
  if (place !== undefined && !place.startsWith("src/")) {
    yield found("imports-inside", `${place} lies outside src`);
  } else if (place !== undefined && /\.[cm]?jsx?$|\.node$/.test(place)) {
    yield found("capabilities", `${place} is no TypeScript, so what it does cannot be read`);
  }
}
