// Which declarations of two versions are the same, whatever file they stand in: their tokens are
// equal, and so is what they name. What is the same needs no question to the compiler.
import { classBehind, membersOf } from "./members.mjs";
import { declared } from "./version.mjs";
import { reference, refersTo } from "./references.mjs";

/** Whether a member is nobody's business outside its class. */
export function isPrivate(ts, member) {
  if (member.name && ts.isPrivateIdentifier(member.name)) return true;
  const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
  return modifiers.some((each) => each.kind === ts.SyntaxKind.PrivateKeyword);
}

function parts(ts, node, source) {
  const kinds = ts.SyntaxKind;
  const skipped = new Set([
    kinds.SemicolonToken, kinds.CommaToken, kinds.ExportKeyword, kinds.DeclareKeyword,
    kinds.DefaultKeyword,
  ]);
  const found = node.getChildren(source).filter((each) => {
    if (each.kind >= kinds.FirstJSDocNode && each.kind <= kinds.LastJSDocNode) return false;
    if (skipped.has(each.kind)) return false;
    if (each.kind === kinds.SyntaxList && each.getChildCount(source) === 0) return false;
    return !(ts.isClassElement(each) && !ts.isConstructorDeclaration(each) && isPrivate(ts, each));
  });
  const bare = found.filter(
    (each) => each.kind !== kinds.SyntaxList || parts(ts, each, source).length > 0,
  );
  return bare[0]?.kind === kinds.BarToken ? bare.slice(1) : bare;
}

function text(ts, node, source) {
  if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) return node.text;
  return node.getText(source);
}

/** Whether two pieces of declarations are equal token by token. The pairs of declarations that
 *  they name at the same place are put into `named`. */
export function equalNodes(old, one, now, other, named) {
  const { ts } = old;
  if (one.kind !== other.kind) return false;
  if (refersTo(ts, one) !== refersTo(ts, other)) return false;
  if (refersTo(ts, one)) {
    const [left, right] = [reference(old, one), reference(now, other)];
    if (ts.isImportTypeNode(one) && !equalArguments(old, one, now, other, named)) return false;
    if (left.symbol && right.symbol && left.rest === right.rest) {
      named.push([left.symbol, right.symbol]);
      return true;
    }
    return !left.symbol && !right.symbol && left.key === right.key;
  }
  const [source, target] = [one.getSourceFile(), other.getSourceFile()];
  const [first, second] = [parts(ts, one, source), parts(ts, other, target)];
  if (first.length !== second.length) return false;
  if (first.length === 0) {
    return one.getChildCount(source) > 0 || text(ts, one, source) === text(ts, other, target);
  }
  // All of them, so that what they name is known behind a difference too.
  return first.map((each, index) => equalNodes(old, each, now, second[index], named)).every(Boolean);
}

function equalArguments(old, one, now, other, named) {
  const [first, second] = [one.typeArguments ?? [], other.typeArguments ?? []];
  return (
    Boolean(one.isTypeOf) === Boolean(other.isTypeOf) &&
    first.length === second.length &&
    first.every((each, index) => equalNodes(old, each, now, second[index], named))
  );
}

/** What of a declaration counts: neither its name nor the words around it. */
function body(ts, declaration) {
  const source = declaration.getSourceFile();
  const constant = ts.isVariableDeclaration(declaration)
    ? Boolean(declaration.parent.flags & ts.NodeFlags.Const)
    : undefined;
  const nodes = parts(ts, declaration, source).filter((each) => each !== declaration.name);
  return { constant, nodes };
}

function spaces(ts, each) {
  return ts.isModuleDeclaration(each) || ts.isSourceFile(each) || ts.isNamespaceExport(each);
}

function hasPrivate(ts, declarations) {
  return declarations.some(
    (each) => ts.isClassLike(each) && each.members.some((one) => isPrivate(ts, one)),
  );
}

function equalSymbols(old, one, now, other, named) {
  const { ts } = old;
  const [left, right] = [declared(old, one), declared(now, other)];
  if (left.some((each) => spaces(ts, each)) || right.some((each) => spaces(ts, each))) {
    const exported = (side, symbol) =>
      new Map(
        side.checker.getExportsOfModule(symbol)
          .filter((each) => !each.name.startsWith("$gates_"))
          .map((each) => [each.name, side.real(each)]),
      );
    const [first, second] = [exported(old, one), exported(now, other)];
    if (first.size !== second.size) return false;
    for (const [name, symbol] of first) {
      if (!second.has(name)) return false;
      named.push([symbol, second.get(name)]);
    }
  }
  const [first, second] = [left, right].map((all) => all.filter((each) => !spaces(ts, each)));
  if (first.length !== second.length) return false;
  if (left.length === 0 && one.name !== other.name) return false;
  if (hasPrivate(ts, first) !== hasPrivate(ts, second)) return false;
  return first.every((each, index) => {
    const [before, after] = [body(ts, each), body(ts, second[index])];
    return (
      each.kind === second[index].kind &&
      before.constant === after.constant &&
      before.nodes.length === after.nodes.length &&
      before.nodes.map((node, at) => equalNodes(old, node, now, after.nodes[at], named)).every(Boolean)
    );
  });
}

/** What members of the same name refer to, wherever they stand among the others. */
function namedByMembers(old, one, now, other, named) {
  const after = membersOf(now, other);
  for (const [key, { nodes }] of membersOf(old, one)) {
    const twins = after.get(key)?.nodes ?? [];
    nodes.forEach((each, index) => twins[index] && equalNodes(old, each, now, twins[index], named));
  }
}

/** Whether two declarations are the same name of both contracts. */
function sameExport(old, one, now, other) {
  const names = now.names.get(other) ?? [];
  return (old.names.get(one) ?? []).some((each) => names.includes(each));
}

/** Follows what the pairs in `roots` name. `changed(one, other)` says whether a pair differs in its
 *  own words, or in those of a declaration that only its version can name. */
export function pairUp(old, now, roots) {
  const pairs = new Map();
  const partner = new Map();
  const queue = [];
  const add = (one, other) => {
    if (!pairs.has(one)) pairs.set(one, new Map());
    const known = pairs.get(one).get(other);
    if (known) return known;
    const made = { one, other, differs: false, users: new Set() };
    pairs.get(one).set(other, made);
    if (!partner.has(one)) partner.set(one, other);
    queue.push(made);
    return made;
  };
  for (const [one, other] of roots) add(one, other);
  const differing = [];
  for (let at = 0; at < queue.length; at += 1) {
    const pair = queue[at];
    const named = [];
    pair.differs = !equalSymbols(old, pair.one, now, pair.other, named);
    if (pair.differs) namedByMembers(old, pair.one, now, pair.other, named);
    for (const [one, other] of named) {
      const exported = old.names.has(one) && now.names.has(other);
      if (exported && !sameExport(old, one, now, other)) pair.differs = true;
      const inner = add(one, other);
      if (!exported) inner.users.add(pair);
    }
    if (pair.differs) differing.push(pair);
  }
  const stands = (pair) => Boolean(pair.one.flags & (old.ts.SymbolFlags.Class | old.ts.SymbolFlags.Enum));
  for (const pair of differing) {
    const alone = stands(pair) && !old.names.has(pair.one); // compared on its own
    for (const user of pair.users) {
      if (user.differs || (alone && classBehind(old, user.one) !== pair.one)) continue;
      user.differs = true;
      differing.push(user);
    }
  }
  const changed = (one, other) => pairs.get(one)?.get(other)?.differs ?? true;
  return { changed, partner, differing, pairs };
}
