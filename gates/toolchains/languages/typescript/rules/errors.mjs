// What is thrown, and what promises are rejected with, is the platform's AxonError or what was
// caught. The platform's is known by its package: of a class, the chain of `extends` ends there.
import { bare, isWrapper, walk } from "./program.mjs";

/** Of the language's and Node's own objects: what gives an error to whoever listens or waits. */
const HANDING = new Set(["abort", "destroy", "error", "throw"]);
const PLATFORM = /\/lib\.[^/]*\.d\.ts$|\/@types\/node\//;

/** Each other throw and rejection, and what is no AxonError and is called one. */
export function* findErrors(program, file) {
  const { ts } = program;
  const found = (node, message) => ({ rule: "errors-thrown", node, message });
  for (const node of walk(ts, file)) {
    if (ts.isThrowStatement(node)) {
      yield* judge(program, node.expression, "throws", isCaught);
    } else if (ts.isCallExpression(node)) {
      if (isRejection(program, node)) {
        const [value] = node.arguments;
        if (value === undefined) yield found(node, "this rejects with nothing");
        else yield* judge(program, value, "rejects with", isPassedOn);
      }
      const handed = handedOn(program, node);
      if (handed === null) yield found(node, "this rejects with nothing");
      else if (handed !== undefined) yield* judge(program, handed, "hands on", isPassedOn);
    }
    if (ts.isExpression(node) && isCalledOne(program, node)) {
      const type = program.checker.typeToString(program.checker.getTypeAtLocation(bare(ts, node)));
      yield found(node, `this calls ${type} an AxonError, which it is not`);
    }
  }
}

/** Whether an expression stands for an AxonError, by an assertion or by its shape, and is none. */
function isCalledOne(program, node) {
  const { ts, checker } = program;
  if (isWrapper(ts, node)) {
    const isAssertion = ts.isAsExpression(node) || ts.isTypeAssertionExpression(node);
    return isAssertion && isAxonError(program, checker.getTypeAtLocation(node)) &&
      !isAxonError(program, checker.getTypeAtLocation(node.expression));
  }
  if (!isGiven(ts, node) || isWrapper(ts, node.parent)) return false;
  const wanted = checker.getContextualType(node);
  if (wanted === undefined || !isAxonError(program, checker.getNonNullableType(wanted))) return false;
  const type = checker.getTypeAtLocation(node);
  const given = checker.getNonNullableType(type);
  if (given.flags & ts.TypeFlags.Never) return false;
  return !isAxonError(program, given);
}

/** Whether an expression is a value that something is given. */
function isGiven(ts, node) {
  const { parent } = node;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression !== node;
  if (ts.isBinaryExpression(parent)) return parent.right === node;
  return parent.initializer === node || ts.isReturnStatement(parent) || ts.isArrowFunction(parent) ||
    ts.isArrayLiteralExpression(parent) || ts.isYieldExpression(parent) || ts.isConditionalExpression(parent);
}

/** The error that a call hands on; null where it hands on nothing, undefined where it is no such call. */
function handedOn(program, node) {
  const { ts, checker } = program;
  const { expression } = node;
  const values = node.arguments;
  const declared = checker.getResolvedSignature(node)?.declaration;
  if (declared === undefined || !PLATFORM.test(declared.getSourceFile().fileName)) return undefined;
  const name = (ts.isPropertyAccessExpression(expression) ? expression.name : expression).text;
  const later = { setTimeout: 2, setInterval: 2, setImmediate: 1, nextTick: 1 }[name];
  if (later !== undefined) return values[0] && isReject(program, values[0]) ? (values[later] ?? null) : undefined;
  if (name === "emit") return isError(program, values[0]) ? values[1] : undefined;
  if (!ts.isPropertyAccessExpression(expression)) {
    return isErrorFirst(program, declared) ? given(ts, values[0]) : undefined;
  }
  const { symbol } = checker.getTypeAtLocation(expression.expression);
  return HANDING.has(name) && symbol?.name !== "Console" ? given(ts, values[0]) : undefined;
}

/** A value, but for the words for none. */
function given(ts, value) {
  const isNone = value && (value.kind === ts.SyntaxKind.NullKeyword || value.getText() === "undefined");
  return isNone ? undefined : value;
}

function isError({ checker }, node) {
  return node !== undefined && checker.getTypeAtLocation(node).value === "error";
}

/** Whether a function is one that Node gives, to be called with an error or with none. */
function isErrorFirst({ ts }, declared) {
  if (!ts.isFunctionTypeNode(declared) && !ts.isCallSignatureDeclaration(declared)) return false;
  return /^(err|error)$/.test(declared.parameters[0]?.name.getText() ?? "");
}

/** Whether an expression is the `reject` of a promise. */
function isReject(program, node) {
  const [signature] = program.checker.getTypeAtLocation(node).getCallSignatures();
  return signature !== undefined && isOfReject(program, signature.declaration);
}

function* judge(program, node, verb, isAllowed) {
  const { ts, checker } = program;
  const value = bare(ts, node);
  for (const each of branches(ts, value)) {
    if (isAllowed(program, each) || isAxonError(program, checker.getTypeAtLocation(each))) continue;
    const type = checker.typeToString(checker.getTypeAtLocation(each));
    yield { rule: "errors-thrown", node: each, message: `this ${verb} ${type}, which is no AxonError` };
  }
}

/** What an expression may come to: both sides of a choice. */
function* branches(ts, node) {
  const value = bare(ts, node);
  if (ts.isConditionalExpression(value)) {
    yield* branches(ts, value.whenTrue);
    yield* branches(ts, value.whenFalse);
  } else if (
    ts.isBinaryExpression(value) &&
    (value.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken ||
      value.operatorToken.kind === ts.SyntaxKind.BarBarToken)
  ) {
    yield* branches(ts, value.left);
    yield* branches(ts, value.right);
  } else {
    yield value;
  }
}

function isAxonError(program, type) {
  const { ts, checker } = program;
  if (type.isUnion()) return type.types.every((each) => isAxonError(program, each));
  if (type.isIntersection()) return type.types.some((each) => isAxonError(program, each));
  if (type.flags & ts.TypeFlags.TypeParameter) {
    const bound = checker.getBaseConstraintOfType(type);
    return bound !== undefined && bound !== type && isAxonError(program, bound);
  }
  if (type.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) return false;
  const { symbol } = type;
  if (symbol === undefined || program.axonError === undefined) return false;
  if (symbol === program.axonError) return true;
  const declared = checker.getDeclaredTypeOfSymbol(symbol);
  if (!declared.isClassOrInterface()) return false;
  return checker.getBaseTypes(declared).some((each) => isAxonError(program, each));
}

/** Whether a name is that of what was caught, and never given another value. */
function isCaught(program, node) {
  const { ts, checker } = program;
  if (!ts.isIdentifier(node)) return false;
  const declared = checker.getSymbolAtLocation(node)?.declarations?.[0];
  if (declared === undefined) return false;
  const caught = ts.isVariableDeclaration(declared) && ts.isCatchClause(declared.parent);
  if (!caught && !isHandler(ts, declared)) return false;
  return !isAssigned(program, declared);
}

/** Whether it is what the function in `.catch(...)`, or the second in `.then(...)`, is given. */
function isHandler(ts, declared) {
  if (!ts.isParameter(declared) || declared.parent.parameters[0] !== declared) return false;
  const call = declared.parent.parent;
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) return false;
  const place = call.arguments.indexOf(declared.parent);
  const name = call.expression.name.text;
  return (name === "catch" && place === 0) || (name === "then" && place === 1);
}

/** Whether a rejection hands on what a callback of another's function was given, or was caught. */
function isPassedOn(program, node) {
  const { ts, checker } = program;
  if (isCaught(program, node)) return true;
  if (!ts.isIdentifier(node)) return false;
  const declared = checker.getSymbolAtLocation(node)?.declarations?.[0];
  if (declared === undefined || !ts.isParameter(declared)) return false;
  const call = declared.parent.parent;
  if (!ts.isCallExpression(call) || !call.arguments.includes(declared.parent)) return false;
  const called = checker.getResolvedSignature(call)?.declaration;
  return called !== undefined && !program.isOwn(called) && !isAssigned(program, declared);
}

function isAssigned({ ts, checker }, declared) {
  const symbol = checker.getSymbolAtLocation(declared.name);
  const scope = ts.isParameter(declared) ? declared.parent : declared.parent.block;
  for (const node of walk(ts, scope)) {
    const written = ts.isBinaryExpression(node) && node.left === bareLeft(ts, node) ? node.left : undefined;
    if (written !== undefined && checker.getSymbolAtLocation(written) === symbol) return true;
  }
  return false;
}

function bareLeft(ts, node) {
  const kind = node.operatorToken.kind;
  const assigns = kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  return assigns && ts.isIdentifier(node.left) ? node.left : undefined;
}

/** Whether a call is of a promise's `reject`, whatever it is called here. */
function isRejection(program, node) {
  return isOfReject(program, program.checker.getResolvedSignature(node)?.declaration);
}

function isOfReject({ ts }, declared) {
  if (declared === undefined || !/\/lib\.es[^/]*\.d\.ts$/.test(declared.getSourceFile().fileName)) return false;
  const named = ts.isFunctionTypeNode(declared) ? declared.parent : declared;
  if (named.name?.getText() !== "reject") return false;
  for (let each = named; each; each = each.parent) {
    if (ts.isInterfaceDeclaration(each)) return /^Promise/.test(each.name.text);
  }
  return false;
}
