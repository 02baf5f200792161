// Of the objects that reach outside of the module, listed members may be used, and nothing else:
// whoever holds such an object itself can reach every member of it.
import { isWrapper, walk } from "./program.mjs";
import { builtin } from "./imports.mjs";

const ALLOWED = new Map([
  ["process", new Set([
    "arch", "cpuUsage", "cwd", "emitWarning", "hrtime", "memoryUsage", "nextTick", "pid", "platform",
    "resourceUsage", "uptime", "version", "versions",
  ])],
  ["console", new Set()],
  ["crypto", new Set([
    "Certificate", "Cipheriv", "Decipheriv", "DiffieHellman", "ECDH", "Hash", "Hmac", "KeyObject",
    "Sign", "Verify", "X509Certificate", "checkPrime", "constants", "createCipheriv",
    "createDecipheriv", "createDiffieHellman", "createECDH", "createHash", "createHmac",
    "createPrivateKey", "createPublicKey", "createSecretKey", "createSign", "createVerify",
    "diffieHellman", "generateKey", "generateKeyPair", "generateKeyPairSync", "generateKeySync",
    "getCipherInfo", "getCiphers", "getCurves", "getHashes", "getRandomValues", "hash", "hkdf",
    "hkdfSync", "pbkdf2", "pbkdf2Sync", "privateDecrypt", "privateEncrypt", "publicDecrypt",
    "publicEncrypt", "randomBytes", "randomFill", "randomFillSync", "randomInt", "randomUUID",
    "scrypt", "scryptSync", "sign", "subtle", "timingSafeEqual", "verify", "webcrypto",
  ])],
  ["os", new Set([
    "EOL", "arch", "availableParallelism", "constants", "cpus", "devNull", "endianness", "freemem",
    "hostname", "loadavg", "machine", "platform", "release", "tmpdir", "totalmem", "type",
    "uptime", "version",
  ])],
  ["util", new Set([
    "MIMEParams", "MIMEType", "TextDecoder", "TextEncoder", "aborted", "callbackify", "deprecate",
    "format", "formatWithOptions", "inspect", "isDeepStrictEqual", "parseArgs", "promisify",
    "stripVTControlCharacters", "styleText", "toUSVString", "transferableAbortController",
    "transferableAbortSignal", "types",
  ])],
  ["import.meta", new Set(["dirname", "filename", "resolve", "url"])],
]);
/** Modules whose every member is looked at, however it is reached. */
const LISTED = new Set(["crypto", "os", "util"]);
const TYPES = new Map([["Process", "process"], ["Console", "console"]]);
/** What another rule than that of capabilities says of a member. */
const RULES = new Map([
  ["homedir", "environment-access"], ["parseEnv", "environment-access"],
  ["userInfo", "environment-access"], ["debug", "platform-logger"], ["debuglog", "platform-logger"],
  ["env", "environment-access"], ["loadEnvFile", "environment-access"],
  ["stdout", "platform-logger"], ["stderr", "platform-logger"],
  ["abort", "errors-thrown"], ["exit", "errors-thrown"], ["exitCode", "errors-thrown"],
  ["kill", "errors-thrown"], ["reallyExit", "errors-thrown"],
]);

/** Each other use of these objects. */
export function* findMembers(program, file) {
  const { ts } = program;
  for (const node of walk(ts, file)) {
    if (ts.isImportSpecifier(node) || (ts.isExportSpecifier(node) && node.parent.parent.moduleSpecifier)) {
      yield* judgeImported(program, file, node);
    } else if (ts.isPropertyAccessExpression(node) && guarded(program, node.expression) === undefined) {
      yield* judgeForeign(program, file, node.name);
    } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      yield* judgeForeign(program, file, node.propertyName ?? node.name);
    }
    if (!ts.isExpression(node) || isWrapper(ts, node) || isDeclared(ts, node)) continue;
    const object = guarded(program, node);
    if (object !== undefined) yield* judge(program, file, node, object);
  }
}

/** "process", "console", "globalThis" or "import.meta", where an expression is that object. */
export function guarded(program, node) {
  const { ts, checker } = program;
  if (ts.isMetaProperty(node)) return node.name.text === "meta" ? "import.meta" : undefined;
  if (ts.isIdentifier(node)) {
    const symbol = checker.getSymbolAtLocation(node);
    if (symbol?.escapedName === "globalThis" && !symbol.declarations?.some(program.isOwn)) return "globalThis";
    const from = symbol && importedWhole(ts, symbol);
    if (from !== undefined && ALLOWED.has(from)) return from;
  }
  const type = checker.getTypeAtLocation(node);
  if (type.symbol === undefined) return undefined;
  if (type.symbol.escapedName === "globalThis") return "globalThis";
  const name = TYPES.get(type.symbol.name) ?? moduleName(type.symbol.name);
  const own = type.symbol.declarations?.some(program.isOwn);
  return name !== undefined && !own ? name : undefined;
}

function moduleName(name) {
  const plain = name.startsWith('"') ? builtin(name.slice(1, -1)) : undefined;
  return ALLOWED.has(plain) ? plain : undefined;
}

/** The module of Node that a name was given as a whole. */
function importedWhole(ts, symbol) {
  const declared = symbol.declarations?.[0];
  if (declared === undefined) return undefined;
  if (ts.isNamespaceImport(declared)) return builtin(declared.parent.parent.moduleSpecifier.text);
  if (ts.isImportClause(declared)) return builtin(declared.parent.moduleSpecifier.text);
  if (ts.isImportEqualsDeclaration(declared) && ts.isExternalModuleReference(declared.moduleReference)) {
    return builtin(declared.moduleReference.expression.text);
  }
  return undefined;
}

/** Whether a node names something, rather than being a value. */
function isDeclared(ts, node) {
  const { parent } = node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return true;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return true;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return true;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return true;
  return parent.name === node && !ts.isShorthandPropertyAssignment(parent) && !ts.isExportSpecifier(parent);
}

function* judgeImported(program, file, node) {
  const { ts } = program;
  const clause = node.parent.parent;
  if (node.isTypeOnly || clause.isTypeOnly) return;
  const from = (ts.isExportSpecifier(node) ? clause : clause.parent).moduleSpecifier;
  const object = builtin(from.text);
  const name = (node.propertyName ?? node.name).text;
  if (object === undefined) yield* judgeForeign(program, file, node.name);
  else if (ALLOWED.has(object) && name !== "default") yield* member(program, file, node, object, name);
}

/** A member of one of Node's modules, by whatever way its name comes from there. */
function* judgeForeign(program, file, node) {
  const { ts, checker } = program;
  const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
  const found = symbol && program.resolve(symbol);
  const object = found?.parent && moduleName(found.parent.name);
  if (object === undefined || !(found.flags & ts.SymbolFlags.Value)) return;
  if (found.declarations?.some(program.isOwn) || !LISTED.has(object)) return;
  yield* member(program, file, node, object, found.name);
}

function* judge(program, file, node, object) {
  const { ts, checker } = program;
  let whole = node;
  while (isWrapper(ts, whole.parent) && guarded(program, whole.parent) === object) whole = whole.parent;
  const { parent } = whole;
  if (ts.isTypeOfExpression(parent)) return;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === whole) {
    if (object !== "globalThis") yield* member(program, file, parent, object, parent.name.text);
    return;
  }
  if (ts.isElementAccessExpression(parent) && parent.expression === whole) {
    const type = checker.getTypeAtLocation(parent.argumentExpression);
    if (type.isStringLiteral()) {
      if (object !== "globalThis") yield* member(program, file, parent, object, type.value);
    } else {
      yield { rule: "capabilities", node: parent, message: `which member of ${object} this is cannot be read` };
    }
    return;
  }
  if (object !== "globalThis" && ts.isVariableDeclaration(parent) && isTakenApart(ts, parent.name)) {
    for (const each of parent.name.elements) {
      yield* member(program, file, each, object, (each.propertyName ?? each.name).text);
    }
    return;
  }
  yield { rule: "capabilities", node: whole, message: `${object} itself is used as a value` };
}

/** `{ a, b: c }`: members by their names, and nothing of the rest. */
function isTakenApart(ts, name) {
  return ts.isObjectBindingPattern(name) && name.elements.every(
    (each) => !each.dotDotDotToken && ts.isIdentifier(each.propertyName ?? each.name),
  );
}

function* member(program, file, node, object, name) {
  if (ALLOWED.get(object).has(name)) return;
  const whole = `${object}.${name}`;
  const rule = object === "console" ? "platform-logger" : (RULES.get(name) ?? "capabilities");
  if (rule !== "environment-access") {
    yield { rule, node, message: `${whole} is not among the members that may be used` };
  } else if (!program.request.environment.includes(program.pathOf(file))) {
    yield { rule, node, message: `${whole} is read outside src/env.ts` };
  } else if (!importsZod(program.ts, file)) {
    yield { rule, node, message: "src/env.ts reads the environment without validating it" };
  }
}

function importsZod(ts, file) {
  return file.statements.some(
    (each) => ts.isImportDeclaration(each) && /^zod(\/|$)/.test(each.moduleSpecifier.text),
  );
}
