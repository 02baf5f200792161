// What a name in a declaration stands for, wherever it is declared.

/** Whether a node is a name that refers to a declaration (and not a part of a longer one). */
export function refersTo(ts, node) {
  if (ts.isImportTypeNode(node)) return true;
  if (!ts.isIdentifier(node) && !ts.isQualifiedName(node) && !ts.isPropertyAccessExpression(node)) {
    return false;
  }
  const { parent } = node;
  return (
    (ts.isTypeReferenceNode(parent) && parent.typeName === node) ||
    (ts.isExpressionWithTypeArguments(parent) && parent.expression === node) ||
    (ts.isTypeQueryNode(parent) && parent.exprName === node) ||
    (ts.isComputedPropertyName(parent) && parent.expression === node)
  );
}

/** The identifiers of a dotted name, the first one first. */
function chain(ts, node) {
  if (ts.isIdentifier(node)) return [node];
  if (ts.isQualifiedName(node)) return [...chain(ts, node.left), node.right];
  if (ts.isPropertyAccessExpression(node)) return [...chain(ts, node.expression), node.name];
  return [];
}

/** The import that brings a name of another package, through the version's own files. */
function importOf(version, identifier) {
  const { ts, checker } = version;
  let symbol = checker.getSymbolAtLocation(identifier);
  for (let step = 0; symbol && symbol.flags & ts.SymbolFlags.Alias && step < 20; step += 1) {
    for (const each of symbol.declarations ?? []) {
      let at = each;
      while (at && !ts.isImportDeclaration(at) && !ts.isExportDeclaration(at) &&
        !ts.isImportEqualsDeclaration(at)) at = at.parent;
      const module = at && ts.isImportEqualsDeclaration(at)
        ? at.moduleReference.expression
        : at?.moduleSpecifier;
      if (!module || module.text.startsWith(".")) continue;
      if (ts.isImportEqualsDeclaration(at)) return { module: module.text, how: "=" };
      if (ts.isNamespaceImport(each) || ts.isNamespaceExport(each)) {
        return { module: module.text, how: "*" };
      }
      const name = each.propertyName?.text ?? each.name?.text;
      return { module: module.text, how: ts.isImportClause(each) ? "default" : name };
    }
    symbol = checker.getImmediateAliasedSymbol(symbol);
  }
  return undefined;
}

/** What a reference stands for.
 *
 *  `symbol` is a declaration of the version's own, `rest` what is written behind it; else `key`
 *  names it (a type parameter, a global name, one of another package, whose import is `from`), and
 *  `rest` is the name as it is written behind the import. */
export function reference(version, node) {
  const { ts, checker, real, owns } = version;
  if (ts.isImportTypeNode(node)) return importType(version, node);
  const names = chain(ts, node);
  for (let count = names.length; count > 0; count -= 1) {
    const found = checker.getSymbolAtLocation(names[count - 1]);
    if (!found) continue;
    const symbol = real(found);
    if (standsAlone(ts, symbol) && symbol.declarations?.some((each) => owns(each.getSourceFile().fileName))) {
      return { symbol, rest: dotted(names.slice(count)) };
    }
  }
  const text = names.map((each) => each.text).join(".") || node.getText();
  const from = names.length > 0 ? importOf(version, names[0]) : undefined;
  const rest = dotted(names.slice(1));
  return from ? { key: `${from.module}:${from.how}${rest}`, from, rest } : { key: text, text };
}

const dotted = (names) => names.map((each) => `.${each.text}`).join("");

function importType(version, node) {
  const { ts, checker, real, owns } = version;
  const names = node.qualifier ? chain(ts, node.qualifier) : [];
  const module = node.argument.literal;
  const spots = [module, ...names];
  for (let count = spots.length; count > 0; count -= 1) {
    const found = checker.getSymbolAtLocation(spots[count - 1]);
    if (!found) continue;
    const symbol = real(found);
    const own = symbol.declarations?.some((each) => owns(each.getSourceFile().fileName));
    if (own) return { symbol, rest: dotted(spots.slice(count)), node };
  }
  return { key: `${module.text}:${dotted(names)}`, node, text: undefined };
}

/** Whether a symbol is declared on its own: not a member, a parameter or a type parameter. */
function standsAlone(ts, symbol) {
  const flags = ts.SymbolFlags;
  const alone =
    flags.Class | flags.Interface | flags.TypeAlias | flags.Enum | flags.Function |
    flags.Variable | flags.Module;
  if (!(symbol.flags & alone)) return false;
  return (symbol.declarations ?? []).some((each) => !ts.isParameter(each));
}
