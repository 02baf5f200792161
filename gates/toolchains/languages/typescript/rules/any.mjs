// No type that a file exports holds `any`, written or inferred, however deep in the module's own types.
import { resolve } from "./program.mjs";

/** Each exported name whose type holds it. */
export function* findAny(program, file) {
  const { ts, checker } = program;
  const symbol = checker.getSymbolAtLocation(file);
  for (const each of symbol ? checker.getExportsOfModule(symbol) : []) {
    const found = resolve(ts, checker, each);
    const declared = found.declarations?.find((one) => one.getSourceFile() === file);
    if (declared === undefined) continue; // another file's, and found there
    const path = searchSymbol(program, found, declared, new Set());
    if (path !== undefined) {
      const node = declared.name ?? declared;
      yield { rule: "public-any", node, message: `the type of ${each.name}${path} holds any` };
    }
  }
}

/** Where in the type of a symbol `any` is: ".member()", "" for the type itself; or undefined. */
function searchSymbol(program, symbol, at, seen) {
  const { ts, checker } = program;
  const types = [];
  if (symbol.flags & (ts.SymbolFlags.Type & ~ts.SymbolFlags.TypeParameter)) {
    types.push(checker.getDeclaredTypeOfSymbol(symbol));
  }
  if (symbol.flags & ts.SymbolFlags.Value) types.push(checker.getTypeOfSymbolAtLocation(symbol, at));
  for (const each of types) {
    const found = search(program, each, at, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function search(program, type, at, seen) {
  const { ts, checker } = program;
  if (type.flags & ts.TypeFlags.Any) return "";
  if (seen.has(type)) return undefined;
  seen.add(type);
  const inner = (each, name) => {
    const found = search(program, each, at, seen);
    return found === undefined ? undefined : `${name}${found}`;
  };
  const first = (found) => found.find((each) => each !== undefined);
  if (type.isUnionOrIntersection()) return first(type.types.map((each) => inner(each, "")));
  if (type.aliasTypeArguments) {
    const found = first(type.aliasTypeArguments.map((each) => inner(each, "")));
    if (found !== undefined) return found;
  }
  if (!(type.flags & ts.TypeFlags.Object)) return undefined;
  const given = first(typeArguments(program, type).map((each) => inner(each, "")));
  if (given !== undefined) return given;
  // What a package's type is made of is the package's own business.
  const isMapped = Boolean(type.objectFlags & ts.ObjectFlags.Mapped);
  if (!isMapped && !type.symbol?.declarations?.some(program.isOwn)) return undefined;
  for (const each of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
    const found = signature(program, each, at, inner);
    if (found !== undefined) return found;
  }
  for (const each of checker.getIndexInfosOfType(type)) {
    const found = inner(each.type, "[]");
    if (found !== undefined) return found;
  }
  for (const each of type.getProperties()) {
    if (isHidden(ts, each) || !(isMapped || each.declarations?.some(program.isOwn))) continue;
    const found = inner(checker.getTypeOfSymbolAtLocation(each, at), `.${each.name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function signature(program, each, at, inner) {
  const { checker } = program;
  if (each.declaration && !program.isOwn(each.declaration)) return undefined;
  for (const one of each.getParameters()) {
    const found = inner(checker.getTypeOfSymbolAtLocation(one, at), `(${one.name})`);
    if (found !== undefined) return found;
  }
  return inner(each.getReturnType(), "()");
}

/** The arguments of a generic type, without those that have defaults: these may be the package's. */
function typeArguments({ ts, checker }, type) {
  if (!(type.objectFlags & ts.ObjectFlags.Reference)) return [];
  const given = checker.getTypeArguments(type);
  const parameters = type.target?.typeParameters ?? [];
  return given.filter((_, place) => {
    return !parameters[place] || checker.getDefaultFromTypeParameter(parameters[place]) === undefined;
  });
}

function isHidden(ts, symbol) {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const flags = symbol.valueDeclaration ? ts.getCombinedModifierFlags(symbol.valueDeclaration) : 0;
  return Boolean(flags & hidden) || symbol.name.startsWith("#") || symbol.name.startsWith("__#");
}
