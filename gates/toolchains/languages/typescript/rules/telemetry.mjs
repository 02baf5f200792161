// Each handler runs in a span, and what is logged for a request carries its correlation id.
import { bare, walk } from "./program.mjs";
import { constant } from "./texts.mjs";

const SPANS = new Set(["startActiveSpan", "startSpan"]);
const LEVELS = new Set(["debug", "error", "info", "warn"]);
const TRACER = /\/@opentelemetry\//;

/** Each handler without a span, and each line of a request that is not logged for it. */
export function* findTelemetry(program, file) {
  const { ts, checker } = program;
  const held = [program.platform("@axon/core", "Route"), program.platform("@axon/core", "Job")];
  const context = program.platform("@axon/core", "RequestContext");
  for (const node of walk(ts, file)) {
    if (ts.isObjectLiteralExpression(node)) {
      const wanted = checker.getContextualType(node);
      const symbol = wanted && checker.getNonNullableType(wanted).symbol;
      if (symbol !== undefined && held.includes(symbol)) yield* judge(program, node);
    } else if (ts.isFunctionLike(node) && context !== undefined) {
      const isFor = (each) => checker.getTypeAtLocation(each).symbol === context;
      if (!node.parameters.some(isFor)) continue;
      for (const each of walk(ts, node)) {
        if (ts.isCallExpression(each) && isForNobody(program, each)) {
          const message = "this is logged without the correlation id of the request";
          yield { rule: "logs-correlated", node: each, message };
        }
      }
    }
  }
}

function* judge(program, node) {
  const { ts } = program;
  const found = (at, message) => ({ rule: "handlers-traced", node: at, message });
  const handler = node.properties.findLast((each) => each.name?.getText() === "handler");
  if (handler === undefined) {
    if (!node.properties.some(ts.isSpreadAssignment)) yield found(node, "what this handler is cannot be read");
    return;
  }
  const value = ts.isPropertyAssignment(handler) ? handler.initializer
    : ts.isShorthandPropertyAssignment(handler) ? handler.name : handler;
  const every = [...bodies(program, value, 0)];
  if (every.length === 0) yield found(value, "what this handler is cannot be read");
  else if (!every.some((each) => opensSpan(program, each, new Set()))) yield found(value, "this handler runs outside of a span");
}

/** The module's own functions that run where a value is called. */
function* bodies(program, given, depth) {
  const { ts, checker } = program;
  const node = bare(ts, given);
  if (depth > 20) return;
  if (ts.isFunctionLike(node)) {
    yield node;
  } else if (ts.isCallExpression(node)) { // what wraps a handler, or is given one
    for (const each of [node.expression, ...node.arguments]) yield* bodies(program, each, depth + 1);
  } else if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) {
    const symbol = ts.isShorthandPropertyAssignment(node.parent)
      ? checker.getShorthandAssignmentValueSymbol(node.parent) : checker.getSymbolAtLocation(node);
    const declared = symbol && program.resolve(symbol).declarations?.find((each) => program.isOwn(each));
    if (declared === undefined) return;
    if (ts.isFunctionLike(declared)) yield declared;
    else if (ts.isVariableDeclaration(declared) || ts.isPropertyAssignment(declared)) {
      if (declared.initializer) yield* bodies(program, declared.initializer, depth + 1);
    }
  }
}

/** Whether a function, or one of the module's that it names, starts a span of OpenTelemetry. */
function opensSpan(program, body, seen) {
  const { ts, checker } = program;
  if (seen.has(body)) return false;
  seen.add(body);
  for (const node of walk(ts, body)) {
    if (ts.isPropertyAccessExpression(node) && SPANS.has(node.name.text)) {
      const declared = checker.getSymbolAtLocation(node.name)?.declarations ?? [];
      if (declared.some((each) => TRACER.test(each.getSourceFile().fileName))) return true;
    }
    if (ts.isIdentifier(node) && [...bodies(program, node, 0)].some((each) => opensSpan(program, each, seen))) return true;
  }
  return false;
}

/** Whether a call logs by a logger that was made for the whole module. */
function isForNobody(program, call) {
  const { ts, checker } = program;
  const { expression } = call;
  if (!ts.isPropertyAccessExpression(expression) || !LEVELS.has(expression.name.text)) return false;
  const logger = program.platform("@axon/logger", "Logger");
  if (logger === undefined || checker.getTypeAtLocation(expression.expression).symbol !== logger) return false;
  if (call.arguments.some((each) => checker.getTypeAtLocation(each).getProperty("correlationId"))) return false;
  let node = bare(ts, expression.expression);
  for (let depth = 0; depth < 20 && ts.isIdentifier(node); depth += 1) { // other names of the same
    const value = constant(program, node);
    const named = value && bare(ts, value);
    if (named === undefined || !(ts.isIdentifier(named) || ts.isPropertyAccessExpression(named))) break;
    node = named;
  }
  if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node)) return false;
  const made = ts.isIdentifier(node) ? constant(program, node) : undefined;
  const symbol = checker.getSymbolAtLocation(ts.isIdentifier(node) ? node : node.name);
  const declared = symbol && program.resolve(symbol).declarations?.[0];
  const isGlobal = declared && (ts.isVariableDeclaration(declared) || ts.isBindingElement(declared))
    && ts.findAncestor(declared, ts.isFunctionLike) === undefined;
  return Boolean(isGlobal) && !(made && /\.forContext\($/.test(made.getText().slice(0, made.getText().indexOf("(") + 1)));
}
