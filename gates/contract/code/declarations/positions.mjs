// Where a version's values take (-) and give (+) its types; "?" where only a part of one is taken.
const STEPS = 400_000;

/** By symbol: the signs of the places where it stands. */
export function positions(version) {
  const { ts, checker, owns } = version;
  const seen = new Set();
  const places = new Map();
  const own = (symbol) => symbol?.declarations?.some((each) => owns(each.getSourceFile().fileName));
  const opposite = { "+": "-", "-": "+", "?": "?" };
  const queue = [];
  const walk = (type, sign) => {
    if (!type || seen.has(`${type.id}${sign}`) || seen.size > STEPS) return;
    seen.add(`${type.id}${sign}`);
    queue.push([type, sign]);
  };
  const step = (type, sign) => {
    for (const symbol of [type.aliasSymbol, type.symbol]) {
      if (!own(symbol)) continue;
      if (!places.has(symbol)) places.set(symbol, new Set());
      places.get(symbol).add(sign);
    }
    // Partial<T>, Pick<T, K> and their like take a part of T.
    const partly = type.aliasSymbol && !own(type.aliasSymbol) ? "?" : sign;
    for (const each of type.aliasTypeArguments ?? []) walk(each, sign === "-" ? partly : sign);
    if (type.isUnionOrIntersection()) {
      for (const each of type.types) walk(each, sign);
      return;
    }
    if (!(type.flags & ts.TypeFlags.Object)) return;
    if (type.objectFlags & ts.ObjectFlags.Reference) {
      for (const each of checker.getTypeArguments(type)) walk(each, sign);
    }
    if (!own(type.symbol)) return;
    if (type.isClassOrInterface()) {
      for (const each of checker.getBaseTypes(type)) walk(each, sign);
    }
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
      for (const each of signature.parameters) walk(checker.getTypeOfSymbol(each), opposite[sign]);
      walk(signature.getReturnType(), sign);
    }
    for (const each of checker.getPropertiesOfType(type)) walk(checker.getTypeOfSymbol(each), sign);
    for (const each of checker.getIndexInfosOfType(type)) walk(each.type, sign);
  };
  for (const { symbol, isValue } of version.exports.values()) {
    if (isValue) walk(checker.getTypeOfSymbol(symbol), "+");
    // Who extends an abstract class writes what it leaves open.
    const declared = symbol.valueDeclaration;
    if (declared && ts.getCombinedModifierFlags(declared) & ts.ModifierFlags.Abstract) {
      walk(checker.getDeclaredTypeOfSymbol(symbol), "-");
    }
  }
  for (let at = 0; at < queue.length; at += 1) step(...queue[at]);
  return places;
}
