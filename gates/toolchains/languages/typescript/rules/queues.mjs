// A queue of BullMQ is opened, or listened to, with the name that the platform's tenantQueue()
// made of one that begins with the module's prefix; and in no other way.
import { bare, resolve, walk } from "./program.mjs";

const CLASSES = new Set([
  "FlowProducer", "Job", "JobScheduler", "Queue", "QueueBase", "QueueEvents", "QueueEventsProducer",
  "QueueGetters", "Repeat", "Worker",
]);
const PACKAGE = /\/node_modules\/bullmq\//;

/** Each other use of these classes; the whole names of queues go to `queues`. */
export function* findQueues(program, file, queues) {
  const { ts } = program;
  const { prefix } = program.request;
  for (const node of walk(ts, file)) {
    const name = nameOfClass(program, node);
    if (name === undefined) continue;
    const { parent } = node;
    if (!ts.isNewExpression(parent) || parent.expression !== node) {
      if (!isTest(ts, node)) {
        yield { rule: "queue-names", node, message: `${name} is used otherwise than by new ${name}(...)` };
      }
      continue;
    }
    const given = parent.arguments?.[0];
    const whole = given && wholeName(program, given);
    const at = given ?? parent;
    queues.push({ name: whole?.text ?? null, ...program.place(at) });
    if (whole === undefined) {
      yield { rule: "queue-names", node: at, message: "the name of this queue is not what tenantQueue() made" };
    } else if (whole.text === undefined) {
      yield { rule: "queue-names", node: at, message: "the name of this queue cannot be read" };
    } else if (!whole.text.startsWith(prefix)) {
      yield { rule: "queue-names", node: at, message: `the queue "${whole.text}" does not begin with "${prefix}"` };
    }
  }
}

/** The name in BullMQ of the class that an expression is; undefined for another. */
function nameOfClass({ ts, checker }, node) {
  if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) {
    return undefined;
  }
  const { parent } = node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return undefined;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return undefined;
  const at = ts.isElementAccessExpression(node) ? node.argumentExpression : node;
  const symbol = checker.getSymbolAtLocation(at) ?? checker.getTypeAtLocation(node).symbol;
  const found = symbol && resolve(ts, checker, symbol);
  const declared = found?.declarations?.find((each) => ts.isClassDeclaration(each));
  if (!declared || !PACKAGE.test(declared.getSourceFile().fileName)) return undefined;
  return CLASSES.has(found.name) ? found.name : undefined;
}

function isTest(ts, node) {
  const { parent } = node;
  const kind = ts.isBinaryExpression(parent) && parent.right === node && parent.operatorToken.kind;
  return kind === ts.SyntaxKind.InstanceOfKeyword;
}

/** `{text}`, the name that tenantQueue() was given, as far as it can be read; or undefined. */
function wholeName(program, node) {
  const { ts, checker } = program;
  const value = bare(ts, node);
  let from;
  if (ts.isPropertyAccessExpression(value) && value.name.text === "name") {
    from = constant(program, value.expression);
  } else if (ts.isIdentifier(value)) {
    const declared = checker.getSymbolAtLocation(value)?.declarations?.[0];
    if (declared && ts.isBindingElement(declared) && (declared.propertyName ?? declared.name).text === "name") {
      const whole = declared.parent.parent;
      const fixed = ts.isVariableDeclaration(whole) && whole.parent.flags & ts.NodeFlags.Const;
      from = fixed ? whole.initializer : undefined;
    }
  }
  from = from && bare(ts, from);
  if (!from || !ts.isCallExpression(from) || !isHelper(program, from)) return undefined;
  return { text: text(program, from.arguments[0]) };
}

function isHelper({ ts, checker, inside }, call) {
  const symbol = checker.getSymbolAtLocation(call.expression);
  const found = symbol && resolve(ts, checker, symbol);
  const declared = found?.declarations?.[0];
  return found?.name === "tenantQueue" && declared && inside(declared.getSourceFile().fileName) === undefined;
}

/** What a name that is bound once was given. */
function constant({ ts, checker }, node) {
  if (!ts.isIdentifier(node)) return node;
  const symbol = checker.getSymbolAtLocation(node);
  const declared = symbol && resolve(ts, checker, symbol).declarations?.[0];
  const fixed = declared && ts.isVariableDeclaration(declared) && declared.parent.flags & ts.NodeFlags.Const;
  return fixed ? declared.initializer : undefined;
}

/** A text up to its first part that is not known; undefined where nothing of it is. */
function text(program, node) {
  return read(program, node)?.[0] || undefined;
}

function read(program, given) {
  const { ts, checker } = program;
  const node = given && bare(ts, given);
  if (node === undefined) return undefined;
  const type = checker.getTypeAtLocation(node);
  if (type.isStringLiteral()) return [type.value, true];
  if (ts.isIdentifier(node)) return constant(program, node) && read(program, constant(program, node));
  const parts = [];
  if (ts.isTemplateExpression(node)) {
    parts.push([node.head.text, true]);
    for (const each of node.templateSpans) {
      parts.push(read(program, each.expression), [each.literal.text, true]);
    }
  } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    parts.push(read(program, node.left), read(program, node.right));
  } else {
    return undefined;
  }
  let whole = "";
  for (const each of parts) {
    if (each === undefined) return [whole, false];
    whole += each[0];
    if (!each[1]) return [whole, false];
  }
  return [whole, true];
}
