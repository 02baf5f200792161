// The members of a class, an interface or a type literal, by name.
import { declared } from "./version.mjs";
import { reference } from "./references.mjs";
import { equalNodes, isPrivate } from "./same.mjs";

/** What the words before a member say. */
export function modifiers(ts, node) {
  const flags = ts.getCombinedModifierFlags(node);
  return {
    guarded: Boolean(flags & ts.ModifierFlags.Protected),
    closed: Boolean(flags & ts.ModifierFlags.Private),
    fixed: Boolean(flags & ts.ModifierFlags.Readonly),
    open: Boolean(flags & ts.ModifierFlags.Abstract),
    still: Boolean(flags & ts.ModifierFlags.Static),
  };
}

/** The class that a variable stands for (`declare const Name: typeof Class`), if it is one. */
export function classBehind(version, symbol) {
  const { ts } = version;
  const type = declared(version, symbol).find((each) => ts.isVariableDeclaration(each))?.type;
  if (!type || !ts.isTypeQueryNode(type) || type.typeArguments) return undefined;
  const found = reference(version, type.exprName);
  return found.symbol && !found.rest && found.symbol.flags & ts.SymbolFlags.Class ? found.symbol : undefined;
}

/** By key: the nodes that declare a member, `at(writer)`, how it is reached behind an object, and
 *  `name`, its name as a type. `still` gives those of a class itself, `node` those of a literal. */
export function membersOf(version, symbol, { still = false, node } = {}) {
  const { ts } = version;
  const found = new Map();
  const whose = classBehind(version, symbol) ?? symbol;
  const literals = node ? [node] : declared(version, whose).map((each) =>
    ts.isTypeAliasDeclaration(each) && ts.isTypeLiteralNode(each.type) ? each.type : each);
  for (const literal of literals) {
    if (!ts.isTypeLiteralNode(literal) && !ts.isInterfaceDeclaration(literal) && !ts.isClassLike(literal)) continue;
    for (const each of literal.members) {
      if (ts.isConstructorDeclaration(each) || ts.isSemicolonClassElement?.(each)) continue;
      if (isPrivate(ts, each) || modifiers(ts, each).still !== still) continue;
      const spot = place(ts, each);
      if (!found.has(spot.key)) found.set(spot.key, { ...spot, nodes: [] });
      found.get(spot.key).nodes.push(each);
    }
  }
  return found;
}

function place(ts, node) {
  if (ts.isCallSignatureDeclaration(node)) return { key: "()", at: () => "" };
  if (ts.isConstructSignatureDeclaration(node)) return { key: "new()", at: () => "" };
  if (ts.isIndexSignatureDeclaration(node)) return { key: `[${node.parameters[0]?.type?.getText()}]`, at: () => "" };
  const { name } = node;
  if (ts.isIdentifier(name)) return { key: name.text, name: JSON.stringify(name.text), at: () => `.${name.text}` };
  if (ts.isComputedPropertyName(name)) return { key: name.getText(), at: (writer) => writer.write(name) };
  return { key: name.text, name: JSON.stringify(name.text), at: () => `[${name.getText()}]` };
}

/** Whether the nodes of a member differ, or what they name and only their version knows. */
export function memberDiffers(old, before, now, after, { changed }) {
  if (!after || before.nodes.length !== after.nodes.length) return true;
  const named = [];
  if (!before.nodes.every((each, index) => equalNodes(old, each, now, after.nodes[index], named))) {
    return true;
  }
  return named.some(([one, other]) => {
    const names = old.names.get(one);
    const known = now.names.get(other);
    if (names && known) return !names.some((each) => known.includes(each));
    return changed(one, other);
  });
}
