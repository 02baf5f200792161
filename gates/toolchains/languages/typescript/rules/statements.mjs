// SQL is what the platform's Statement is given, as a text that is written out.
import { bare, isWrapper, walk } from "./program.mjs";
import { constant, read } from "./texts.mjs";

/** Packages that open sessions of their own. */
const DRIVERS = /^(@mikro-orm\/|@neondatabase\/|@prisma\/|@supabase\/|@vercel\/postgres|better-sqlite3|drizzle-orm|knex|kysely|mysql2?|objection|pg|pg-[a-z-]+|postgres|sequelize|slonik|sqlite3?|typeorm)($|\/)/;

/** Each import of a driver, each statement that cannot be read; the others go to `statements`. */
export function* findStatements(program, file, statements) {
  const { ts, checker } = program;
  const found = (node, message) => ({ rule: "code-sql", node, message });
  for (const node of walk(ts, file)) {
    const from = node.moduleSpecifier ?? (ts.isExternalModuleReference(node) ? node.expression : undefined);
    if (from && ts.isStringLiteralLike(from) && DRIVERS.test(from.text) && !node.importClause?.isTypeOnly) {
      yield found(from, `${from.text} opens sessions that are not the platform's`);
    }
    if (!ts.isExpression(node) || program.statement === undefined) continue;
    if (isWrapper(ts, node)) {
      if (calls(program, node) && bare(ts, node.expression).kind !== ts.SyntaxKind.ObjectLiteralExpression &&
        !isStatement(program, checker.getTypeAtLocation(node.expression))) {
        yield found(node, "what this statement runs cannot be read");
      }
      continue;
    }
    const wanted = ts.isObjectLiteralExpression(node) || isValue(ts, node) ? checker.getContextualType(node) : undefined;
    if (wanted === undefined || !isStatement(program, checker.getNonNullableType(wanted))) continue;
    if (!ts.isObjectLiteralExpression(node)) {
      const fixed = constant(program, node);
      const known = fixed && ts.isObjectLiteralExpression(bare(ts, fixed)) && textOf(program, bare(ts, fixed));
      if (known) {
        statements.push({ sql: known.sql, values: known.values, ...program.place(known.node) });
        continue;
      }
      const type = checker.getNonNullableType(checker.getTypeAtLocation(node));
      const isChoice = ts.isConditionalExpression(node) || ts.isBinaryExpression(node);
      if (!isStatement(program, type) && !isChoice) yield found(node, "what this statement runs cannot be read");
      continue;
    }
    const text = textOf(program, node);
    if (text === undefined) yield found(node, "the text of this statement is not written out");
    else statements.push({ sql: text.sql, values: text.values, ...program.place(text.node) });
  }
}

function isStatement({ statement }, type) {
  return type.symbol !== undefined && type.symbol === statement;
}

/** Whether an assertion says of something that it is a statement. */
function calls(program, node) {
  const { ts, checker } = program;
  return (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) && isStatement(program, checker.getTypeAtLocation(node));
}

/** Whether an expression is a value that something is given. */
function isValue(ts, node) {
  const { parent } = node;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression !== node;
  return parent.initializer === node || ts.isReturnStatement(parent) || ts.isArrowFunction(parent) ||
    ts.isArrayLiteralExpression(parent) || ts.isShorthandPropertyAssignment(parent) ||
    (ts.isBinaryExpression(parent) && parent.right === node);
}

/** The text of a statement that an object is, and the numbers of its values where they are written out; undefined where
 * the text cannot be read. */
function textOf(program, node) {
  const { ts, checker } = program;
  let found;
  for (const each of node.properties) {
    if (ts.isSpreadAssignment(each)) {
      const names = checker.getTypeAtLocation(each.expression).getProperties().map((one) => one.name);
      if (names.length === 0 || names.includes("text")) found = undefined;
    } else if (each.name === undefined || ts.isComputedPropertyName(each.name)) {
      return undefined;
    } else if (each.name.text === "text") {
      found = ts.isPropertyAssignment(each) ? each.initializer : ts.isShorthandPropertyAssignment(each) ? each.name : undefined;
    }
  }
  const whole = found && read(program, found);
  return whole?.[1] ? { node: found, sql: whole[0], values: valuesOf(ts, node) } : undefined;
}

function valuesOf(ts, node) {
  if (node.properties.some((each) => ts.isSpreadAssignment(each))) return undefined;
  const given = node.properties.find((each) => each.name?.text === "values");
  const listed = given && ts.isPropertyAssignment(given) ? bare(ts, given.initializer) : undefined;
  if (listed === undefined || !ts.isArrayLiteralExpression(listed)) return undefined;
  if (listed.elements.some((each) => ts.isSpreadElement(each) || ts.isOmittedExpression(each))) return undefined;
  return listed.elements.map((_, index) => String(index + 1));
}
