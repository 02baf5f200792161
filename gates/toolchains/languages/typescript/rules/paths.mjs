// Which places of the file system a text may name, and what may be opened by its number.
import path from "node:path";

import { bare, walk } from "./program.mjs";
import { read } from "./texts.mjs";

const DEVICES = /^\/dev\/(null|random|urandom|zero|shm\/.*)$/;
const OUTPUT = /^\/dev\/(fd|pts|stdin|stdout|stderr|tty|console)(\/|\d*$)/;
const SETTINGS = /^(.*\/)?\.env(\.[\w-]+)?$/;
const JOINERS = new Set(["join", "resolve", "URL"]);

/** Each text that names what the process says of itself, a device, or a file of settings; and each
 * number of a file that was not opened here. */
export function* findPaths(program, file) {
  const { ts } = program;
  const said = new Set();
  for (const node of walk(ts, file).reverse()) { // from the inside to the outside
    if (ts.isExpression(node)) {
      const broken = rule(text(program, node));
      if (broken !== undefined) {
        if (![...said].some((each) => node.pos <= each.pos && each.end <= node.end)) yield* say(program, file, node, broken);
        said.add(node);
      }
    }
    if (isBytes(program, node)) {
      yield { rule: "capabilities", node, message: "which file these bytes name cannot be read" };
    }
    if (isNumberOfFile(program, node)) {
      const message = "a file is used by its number, so where this writes cannot be read";
      yield { rule: "platform-logger", node, message };
    }
  }
}

function* say(program, file, node, { rule, message }) {
  if (rule === "environment-access" && program.request.environment.includes(program.pathOf(file))) return;
  yield { rule, node, message };
}

/** A text; of what joins paths, all that it is given, as parts of one path. */
function text(program, node) {
  const { ts } = program;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node) || ts.isBinaryExpression(node)) return read(program, node)?.[0] ?? "";
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return "";
  const { expression } = node;
  const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  if (!ts.isIdentifier(name)) return "";
  const symbol = program.checker.getSymbolAtLocation(name);
  const declared = program.checker.getResolvedSignature(node)?.declaration;
  const names = [name.text, symbol && program.resolve(symbol).name, declared?.name?.getText()];
  if (!names.some((each) => JOINERS.has(each))) return "";
  const parts = (node.arguments ?? []).slice(0, 8).map((each) => read(program, each)?.[0] ?? "");
  return (names.includes("URL") ? parts.reverse() : parts).filter((each) => each !== "").join("/");
}

function rule(given) {
  if (given === "") return undefined;
  const found = (name, message) => ({ rule: name, message: `${given} ${message}` });
  let place = given;
  if (place.startsWith("file:")) {
    try {
      place = decodeURIComponent(place.replace(/^file:\/*/, "/"));
    } catch {
      return found("capabilities", "cannot be read");
    }
  }
  if (SETTINGS.test(place)) return found("environment-access", "holds the environment");
  if (!place.startsWith("/")) return undefined;
  if (OUTPUT.test(place)) return found("platform-logger", "goes past the platform's logger");
  place = path.posix.normalize(place.replace(/\/+/g, "/"));
  if (/^\/proc(\/|$)/.test(place)) return found("capabilities", "is what the process says of itself");
  if (place.startsWith("/dev/") && !DEVICES.test(place)) return found("capabilities", "is a device that is not listed");
  return undefined;
}

/** Whether a node is the number of a file that Node is given, and not what it has opened. */
function isNumberOfFile(program, node) {
  const { ts, checker } = program;
  const { parent } = node;
  if (!ts.isExpression(node) || parent === undefined) return false;
  let call = parent;
  const isOption = ts.isPropertyAssignment(parent) && parent.initializer === node && parent.name.getText() === "fd";
  if (isOption) call = parent.parent.parent;
  else if (!(ts.isCallExpression(parent) && parent.arguments[0] === node)) return false;
  if (!ts.isCallExpression(call) && !ts.isNewExpression(call)) return false;
  const declared = checker.getResolvedSignature(call)?.declaration?.getSourceFile().fileName ?? "";
  if (!(isOption ? /\/@types\/node\// : /\/@types\/node\/fs\.d\.ts$/).test(declared)) return false;
  if (!(checker.getTypeAtLocation(node).flags & ts.TypeFlags.NumberLike)) return false;
  return !isOpened(program, bare(ts, node));
}

/** Whether a node is the path that a function for files is given, as bytes. */
function isBytes({ ts, checker }, node) {
  const { parent } = node;
  if (!ts.isExpression(node) || !ts.isCallExpression(parent) || parent.arguments[0] !== node) return false;
  const declared = checker.getResolvedSignature(parent)?.declaration?.getSourceFile().fileName ?? "";
  if (!/\/@types\/node\/fs(\/promises)?\.d\.ts$/.test(declared)) return false;
  return /^(Buffer|Uint8Array)$/.test(checker.getTypeAtLocation(node).symbol?.name ?? "");
}

function isOpened({ ts, checker }, node) {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === "fd";
  const declared = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node)?.declarations?.[0] : undefined;
  if (declared === undefined) return false;
  if (ts.isParameter(declared)) return ts.isCallExpression(declared.parent.parent);
  const made = ts.isVariableDeclaration(declared) ? declared.initializer : undefined;
  if (made === undefined || !ts.isCallExpression(made)) return false;
  return /(^|\.)openSync$/.test(made.expression.getText());
}
