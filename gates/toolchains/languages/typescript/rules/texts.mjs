// What a text is, as far as it is written out: literals, constants, and what is put together.
import { bare, resolve } from "./program.mjs";

/** What a name that is bound once was given. */
export function constant({ ts, checker }, node) {
  if (!ts.isIdentifier(node)) return node;
  const symbol = checker.getSymbolAtLocation(node);
  const declared = symbol && resolve(ts, checker, symbol).declarations?.[0];
  const fixed = declared && ts.isVariableDeclaration(declared) && declared.parent.flags & ts.NodeFlags.Const;
  return fixed ? declared.initializer : undefined;
}

/** A text up to its first part that is not known, and whether that is all of it; undefined where
 * nothing of it is known. */
export function read(program, given, depth = 0) {
  const { ts, checker } = program;
  const node = given && bare(ts, given);
  if (node === undefined || depth > 20) return undefined;
  if (ts.isStringLiteralLike(node)) return [node.text, true];
  const type = checker.getTypeAtLocation(node);
  if (type.isStringLiteral()) return [type.value, true];
  if (ts.isIdentifier(node)) {
    const value = constant(program, node);
    return value && read(program, value, depth + 1);
  }
  const parts = [];
  if (ts.isTemplateExpression(node)) {
    parts.push([node.head.text, true]);
    for (const each of node.templateSpans) {
      parts.push(read(program, each.expression, depth + 1), [each.literal.text, true]);
    }
  } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    parts.push(read(program, node.left, depth + 1), read(program, node.right, depth + 1));
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
