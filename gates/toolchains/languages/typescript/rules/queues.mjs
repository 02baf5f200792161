// A queue of BullMQ is opened, or listened to, with the name that the platform's tenantQueue()
// made of one that begins with the module's prefix; and in no other way.
import { bare, resolve, walk } from "./program.mjs";
import { constant, read } from "./texts.mjs";

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
    const whole = made(program, given, "name");
    const text = whole && read(program, whole.arguments[0])?.[0];
    const at = given ?? parent;
    queues.push({ name: text || null, ...program.place(at) });
    if (whole === undefined) {
      yield { rule: "queue-names", node: at, message: "the name of this queue is not what tenantQueue() made" };
    } else if (!text) {
      yield { rule: "queue-names", node: at, message: "the name of this queue cannot be read" };
    } else if (!text.startsWith(prefix)) {
      yield { rule: "queue-names", node: at, message: `the queue "${text}" does not begin with "${prefix}"` };
    } else if (!hasPrefix(program, parent, whole)) {
      const message = "the prefix of this queue is not the one that tenantQueue() made with its name";
      yield { rule: "queue-names", node: at, message };
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

/** The call of tenantQueue() of whose result a value is a part, by the part's name. */
function made(program, node, part) {
  const { ts, checker } = program;
  const value = node && bare(ts, node);
  let from;
  if (value && ts.isPropertyAccessExpression(value) && value.name.text === part) {
    from = constant(program, value.expression);
  } else if (value && ts.isIdentifier(value)) {
    const symbol = ts.isShorthandPropertyAssignment(value.parent)
      ? checker.getShorthandAssignmentValueSymbol(value.parent)
      : checker.getSymbolAtLocation(value);
    const declared = symbol && resolve(ts, checker, symbol).declarations?.[0];
    if (declared && ts.isBindingElement(declared) && (declared.propertyName ?? declared.name).text === part) {
      const whole = declared.parent.parent;
      const fixed = ts.isVariableDeclaration(whole) && whole.parent.flags & ts.NodeFlags.Const;
      from = fixed ? whole.initializer : undefined;
    } else if (declared && ts.isVariableDeclaration(declared) && declared.initializer !== node) {
      const given = constant(program, value);
      return given && ts.isPropertyAccessExpression(bare(ts, given)) ? made(program, given, part) : undefined;
    }
  }
  from = from && bare(ts, from);
  return from && ts.isCallExpression(from) && isHelper(program, from) ? from : undefined;
}

/** Whether the options of a queue hold the prefix that goes with its name. */
function hasPrefix(program, call, name) {
  const { ts } = program;
  const texts = (each) => read(program, each.arguments[0]);
  for (const each of call.arguments.slice(1)) {
    const given = constant(program, bare(ts, each));
    const options = given && bare(ts, given);
    if (options === undefined || !ts.isObjectLiteralExpression(options)) continue;
    const last = options.properties.at(-1);
    const found = options.properties.filter((one) => one.name?.getText() === "prefix");
    const value = found[0] && (ts.isPropertyAssignment(found[0]) ? found[0].initializer : found[0].name);
    const other = found.length === 1 ? made(program, value, "prefix") : undefined;
    if (other === undefined) return false;
    const spread = options.properties.findLastIndex((one) => ts.isSpreadAssignment(one));
    if (last === undefined || spread > options.properties.indexOf(found[0])) return false;
    const [mine, its] = [texts(name), texts(other)];
    return other === name || Boolean(mine?.[1] && its?.[1] && mine[0] === its[0]);
  }
  return false;
}

function isHelper({ ts, checker, inside }, call) {
  const symbol = checker.getSymbolAtLocation(call.expression);
  const found = symbol && resolve(ts, checker, symbol);
  const declared = found?.declarations?.[0];
  return found?.name === "tenantQueue" && declared && inside(declared.getSourceFile().fileName) === undefined;
}
