// Which names of the language and of Node may be used without an import, and what may not be said.
import { walk } from "./program.mjs";

/** Of what Node adds to the language; the language's own are listed by what they are not. */
const ALLOWED = new Set([
  "AbortController", "AbortSignal", "Blob", "Buffer", "CompressionStream", "CustomEvent",
  "DOMException", "DecompressionStream", "Event", "EventTarget", "File", "FormData", "Headers",
  "ReadableStream", "Request", "Response", "TextDecoder", "TextDecoderStream", "TextEncoder",
  "TextEncoderStream", "TransformStream", "URL", "URLSearchParams", "WebSocket", "WritableStream",
  "atob", "btoa", "clearImmediate", "clearInterval", "clearTimeout", "console", "crypto", "fetch",
  "global", "globalThis", "performance", "process", "queueMicrotask", "setImmediate",
  "setInterval", "setTimeout", "structuredClone", "undefined",
]);
/** Of the language's own: what makes code of texts, or shares memory with other threads. */
const REFUSED = new Set(["Atomics", "Function", "SharedArrayBuffer", "eval"]);
const LANGUAGE = /\/lib\.es[^/]*\.d\.ts$/;
/** Members that lead to what makes code of texts, or to native code. */
const REFUSED_MEMBERS = new Set(["clientCertEngine", "prepareStackTrace", "privateKeyEngine"]);
/** Functions that give a member by its text, or every member. */
const BY_TEXT = new Set(["get", "getOwnPropertyDescriptor"]);
const EVERY = new Set(["entries", "getOwnPropertyDescriptors", "values"]);

/** Each other name, each name that is declared and defined nowhere, each way to a constructor. */
export function* findCapabilities(program, file) {
  const { ts, checker } = program;
  const found = (node, message) => ({ rule: "capabilities", node, message });
  for (const node of walk(ts, file)) {
    if (ts.isIdentifier(node) && isValue(ts, node)) {
      const name = node.text;
      const symbol = valueOf(ts, checker, node);
      if (symbol === undefined || checker.isUnknownSymbol(symbol)) {
        yield found(node, `the compiler does not know ${name}, so what it is cannot be read`);
      } else if (isGlobal(ts, checker, symbol) && !isAllowed(symbol)) {
        yield found(node, `${name} is a capability that is not listed`);
      }
    } else if (isByText(program, node)) {
      yield found(node, "a global name is used by its text");
    } else if (isConstructor(program, node)) {
      yield found(node, "a constructor makes code of texts");
    } else if (isRefusedMember(ts, node)) {
      yield found(node, `${node.text} leads to code that no check reads`);
    } else if (isReach(program, node)) {
      yield found(node, "which members of a function this gives cannot be read");
    } else if (isAmbient(ts, node)) {
      yield found(node, "this is declared and defined nowhere, so what it is cannot be read");
    }
  }
}

/** The symbol that an identifier stands for as a value. */
function valueOf(ts, checker, node) {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return checker.getShorthandAssignmentValueSymbol(parent);
  if (ts.isExportSpecifier(parent)) return checker.getExportSpecifierLocalTargetSymbol(parent);
  return checker.getSymbolAtLocation(node);
}

function isValue(ts, node) {
  const { parent } = node;
  if (ts.isQualifiedName(parent) || ts.isJsxAttribute(parent) || ts.isMetaProperty(parent)) return false;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.expression === node || isGlobalThis(ts, parent.expression);
  }
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false;
  if (ts.isExportSpecifier(parent)) {
    return parent.parent.parent.moduleSpecifier === undefined && (parent.propertyName ?? parent.name) === node;
  }
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return parent.name !== node || ts.isShorthandPropertyAssignment(parent);
}

function isGlobalThis(ts, node) {
  return ts.isIdentifier(node) && (node.text === "globalThis" || node.text === "global");
}

/** `globalThis["eval"]`. The objects that have rules of their own are found by these. */
function isByText({ ts, checker }, node) {
  if (!ts.isElementAccessExpression(node) || !isGlobalThis(ts, node.expression)) return false;
  return !["console", "process"].includes(checker.getTypeAtLocation(node.argumentExpression).value);
}

function isGlobal(ts, checker, symbol) {
  return checker.resolveName(symbol.name, undefined, ts.SymbolFlags.Value, false) === symbol;
}

function isAllowed(symbol) {
  if (ALLOWED.has(symbol.name)) return true;
  const files = (symbol.declarations ?? []).map((each) => each.getSourceFile().fileName);
  return !REFUSED.has(symbol.name) && files.some((each) => LANGUAGE.test(each));
}

/** A member by its name, wherever it is asked for, set or taken out. */
function isRefusedMember(ts, node) {
  return (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) && REFUSED_MEMBERS.has(node.text);
}

/** `Reflect.get(f, name)`, `Object.entries(f)`, `f[name]`, where `f` is a function. */
function isReach({ ts, checker }, node) {
  const isFunction = (each) => each !== undefined && checker.getTypeAtLocation(each).getCallSignatures().length > 0;
  const isKnown = (each) => each !== undefined && isNamed(checker.getTypeAtLocation(each));
  if (ts.isElementAccessExpression(node)) {
    const key = checker.getTypeAtLocation(node.argumentExpression);
    return isFunction(node.expression) && !isNamed(key) && !(key.flags & ts.TypeFlags.NumberLike);
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression, name } = node.expression;
  const object = ts.isIdentifier(expression) ? expression.text : "";
  if (object !== "Object" && object !== "Reflect") return false;
  const [value, key] = node.arguments;
  if (BY_TEXT.has(name.text)) return !isKnown(key) && isFunction(value);
  return EVERY.has(name.text) && isFunction(value);
}

/** Whether a type is one of texts or symbols that are written out, and none is "constructor". */
function isNamed(type) {
  const every = type.isUnion() ? type.types : [type];
  return every.every((each) => (each.isStringLiteral() ? each.value !== "constructor" : each.isNumberLiteral()));
}

/** `x.constructor`, but for its name: of a function it is what `Function` is. */
function isConstructor({ ts, checker }, node) {
  if (ts.isBindingElement(node)) {
    const key = node.propertyName ?? node.name;
    if (ts.isComputedPropertyName(key)) return checker.getTypeAtLocation(key.expression).value === "constructor";
    return ts.isObjectBindingPattern(node.parent) && key.text === "constructor";
  }
  if ((ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) && isAssigned(ts, node.parent)) {
    return node.name.getText().replace(/["'`[\]]/g, "") === "constructor";
  }
  if (ts.isCallExpression(node)) {
    const [, key] = node.arguments;
    const of = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression.getText() : "";
    return (of === "Reflect" || of === "Object") && key !== undefined && checker.getTypeAtLocation(key).value === "constructor";
  }
  const name = ts.isPropertyAccessExpression(node) ? node.name.text
    : ts.isElementAccessExpression(node) && checker.getTypeAtLocation(node.argumentExpression).value;
  const { parent } = node;
  return name === "constructor" && !(ts.isPropertyAccessExpression(parent) && parent.name.text === "name");
}

/** Whether an object is what an assignment takes apart: `({ a } = b)`. */
function isAssigned(ts, node) {
  let whole = node;
  while (ts.isParenthesizedExpression(whole.parent) || ts.isPropertyAssignment(whole.parent) || ts.isObjectLiteralExpression(whole.parent)) whole = whole.parent;
  const { parent } = whole;
  const isTarget = ts.isBinaryExpression(parent) && parent.left === whole && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return ts.isObjectLiteralExpression(node) && (isTarget || (ts.isForOfStatement(parent) && parent.initializer === whole));
}

function isAmbient(ts, node) {
  const declares = node.modifiers?.some((each) => each.kind === ts.SyntaxKind.DeclareKeyword);
  if (ts.isPropertyDeclaration(node)) return false;
  if (declares && ts.isModuleDeclaration(node)) return false; // what is inside is looked at
  const inside = node.flags & ts.NodeFlags.Ambient;
  return Boolean(inside) && (ts.isVariableStatement(node) || ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) || ts.isEnumDeclaration(node));
}
