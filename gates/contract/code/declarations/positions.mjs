// Where a version's values take (-) and give (+) its types; "?" where only a part of one is taken.
// Read from the declarations: nothing is instantiated.
import { reference, refersTo } from "./references.mjs";
import { declared } from "./version.mjs";
import { isPrivate } from "./same.mjs";

const TURNED = { "+": "-", "-": "+", "?": "?" };

/** By symbol: the signs of the places where it stands. */
export function positions(version) {
  const { ts, checker } = version;
  const places = new Map();
  const variances = new Map();
  const queue = [];
  const visit = (symbol, sign) => {
    if (!places.has(symbol)) places.set(symbol, new Set());
    if (places.get(symbol).has(sign)) return;
    places.get(symbol).add(sign);
    // What only the module makes is given back to it: nobody else is told what its members take.
    if (sign === "+" || !closed(symbol)) queue.push([symbol, sign]);
  };

  /** Whether a symbol is a class whose objects nobody else can make, but by extending it. */
  function closed(symbol) {
    const node = symbol.valueDeclaration;
    if (!node || !ts.isClassLike(node)) return false;
    if (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Abstract) return false;
    return checker.getDeclaredTypeOfSymbol(symbol).getProperties().some((each) =>
      each.declarations?.some((one) =>
        isPrivate(ts, one) || ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Protected));
  }

  /** How a declaration uses its own type parameter: the signs of its places. */
  function variance(symbol, index) {
    const key = symbol;
    if (!variances.has(key)) {
      const own = new Map();
      variances.set(key, own);
      for (const node of declared(version, symbol)) {
        (node.typeParameters ?? []).forEach((each, at) => own.set(at, own.get(at) ?? new Set()));
        const numbers = new Map((node.typeParameters ?? []).map((each, at) => [each.symbol, at]));
        const found = (one, sign) => numbers.has(one) && own.get(numbers.get(one)).add(sign);
        inside(node, "+", () => {}, found);
      }
    }
    return variances.get(key).get(index) ?? new Set(["+"]);
  }

  function inside(node, sign, tell, parameter) {
    const walk = (each, at) => each && into(each, at, tell, parameter);
    for (const each of node.heritageClauses ?? []) for (const one of each.types) walk(one, sign);
    for (const each of node.typeParameters ?? []) walk(each.constraint, TURNED[sign]);
    if (node.members && !ts.isEnumDeclaration(node)) {
      for (const each of node.members) if (!isPrivate(ts, each)) walk(each, sign);
    } else if (node.parameters) signature(node, sign, tell, parameter);
    else walk(node.type, sign);
  }

  function signature(node, sign, tell, parameter) {
    for (const each of node.typeParameters ?? []) {
      if (each.constraint) into(each.constraint, TURNED[sign], tell, parameter);
    }
    for (const each of node.parameters) if (each.type) into(each.type, TURNED[sign], tell, parameter);
    if (node.type) into(node.type, sign, tell, parameter);
  }

  function into(node, sign, tell, parameter) {
    const partly = sign === "-" ? "?" : sign;
    if (refersTo(ts, node)) {
      const found = reference(version, node);
      const owner = ts.isImportTypeNode(node) ? node : node.parent;
      const isType = !ts.isTypeQueryNode(owner);
      if (found.symbol) tell(found.symbol, sign);
      else if (isType && ts.isIdentifier(node)) {
        const symbol = checker.getSymbolAtLocation(node);
        if (symbol) parameter(symbol, sign);
      }
      (owner.typeArguments ?? []).forEach((each, index) => {
        if (!found.symbol) {
          const part = /^(Partial|Pick|Omit|Exclude|Extract|DeepPartial)$/.test(found.text ?? "");
          into(each, part ? partly : sign, tell, parameter);
          return;
        }
        for (const one of variance(found.symbol, index)) {
          into(each, one === "+" ? sign : one === "-" ? TURNED[sign] : partly, tell, parameter);
        }
      });
      return;
    }
    if (ts.isTypeReferenceNode(node)) return void into(node.typeName, sign, tell, parameter);
    if (ts.isExpressionWithTypeArguments(node)) return void into(node.expression, sign, tell, parameter);
    if (ts.isTypeQueryNode(node)) return void into(node.exprName, sign, tell, parameter);
    if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.KeyOfKeyword) return;
    if (ts.isIndexedAccessTypeNode(node)) return void into(node.objectType, partly, tell, parameter);
    if (ts.isConditionalTypeNode(node)) {
      into(node.trueType, sign, tell, parameter);
      into(node.falseType, sign, tell, parameter);
      return;
    }
    if (ts.isMappedTypeNode(node)) {
      if (node.type) into(node.type, sign, tell, parameter);
      return;
    }
    if (ts.isFunctionLike(node) && !ts.isIndexSignatureDeclaration(node)) {
      signature(node, sign, tell, parameter);
      return;
    }
    if (ts.isExpression(node) && !ts.isExpressionWithTypeArguments(node)) return;
    ts.forEachChild(node, (each) => into(each, sign, tell, parameter));
  }

  for (const { symbol, isValue } of version.exports.values()) {
    if (isValue) visit(symbol, "+");
    // Who extends an abstract class writes what it leaves open.
    const first = symbol.valueDeclaration;
    if (first && ts.getCombinedModifierFlags(first) & ts.ModifierFlags.Abstract) visit(symbol, "-");
  }
  for (let at = 0; at < queue.length; at += 1) {
    const [symbol, sign] = queue[at];
    for (const node of declared(version, symbol)) inside(node, sign, visit, () => {});
  }
  return places;
}
