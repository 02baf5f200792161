// One version's declarations in a compiler of their own: what they export, and under which name.
import fs from "node:fs";
import path from "node:path";

const HIDDEN = "$gates_";
const DEPTH = 4;

/** The names that stand at the top of a file of declarations and are not exported from it. */
function unexported(ts, source) {
  if (!ts.isExternalModule(source)) return [];
  if (source.statements.some((each) => ts.isExportAssignment(each) && each.isExportEquals)) return [];
  const names = new Set();
  for (const each of source.statements) {
    const exported = ts.canHaveModifiers(each) &&
      ts.getModifiers(each)?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword);
    if (exported || (ts.isModuleDeclaration(each) && !ts.isIdentifier(each.name))) continue;
    const found = ts.isVariableStatement(each) ? each.declarationList.declarations : [each];
    const declares = (one) =>
      ts.isVariableDeclaration(one) || ts.isFunctionDeclaration(one) || ts.isClassLike(one) ||
      ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one) ||
      ts.isEnumDeclaration(one) || ts.isModuleDeclaration(one);
    for (const one of found) {
      if (declares(one) && one.name && ts.isIdentifier(one.name)) names.add(one.name.text);
    }
  }
  return [...names];
}

/** Reads the version in `root`, whose entrypoint is `entry` (both absolute). `cache` holds parsed
 *  files of packages, which both versions share. */
export function openVersion(ts, root, entry, options, cache) {
  const host = ts.createCompilerHost(options);
  const owns = (file) => file.startsWith(`${root}/`) && !file.includes("/node_modules/");
  const written = new Map();
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, how, ...rest) => {
    if (!owns(file)) {
      const key = `${file} ${how.impliedNodeFormat ?? ""}`;
      if (!cache.has(key)) cache.set(key, read(file, how, ...rest));
      return cache.get(key);
    }
    if (written.has(file)) return ts.createSourceFile(file, written.get(file), how, true);
    if (!/\.d\.[cm]?ts$/.test(file)) return read(file, how, ...rest);
    if (!fs.existsSync(file)) return undefined;
    const text = fs.readFileSync(file, "utf8");
    const names = unexported(ts, ts.createSourceFile(file, text, how, true));
    const more = names.map((name) => `${name} as ${HIDDEN}${name}`).join(", ");
    const whole = more ? `${text}\nexport { ${more} };\n` : text;
    return ts.createSourceFile(file, whole, how, true);
  };
  const exists = host.fileExists.bind(host);
  host.fileExists = (file) => written.has(file) || exists(file);
  const program = ts.createProgram([entry], options, host);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const symbol = source && checker.getSymbolAtLocation(source);
  const version = { ts, root, program, checker, owns, host, options, written, source };
  version.real = (one) => (one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one);
  version.exports = new Map();
  version.names = new Map();
  if (symbol) collect(version, symbol, "", [symbol], DEPTH);
  return version;
}

function typeOnly(version, symbol) {
  const { ts, checker } = version;
  for (let one = symbol; one && one.flags & ts.SymbolFlags.Alias; ) {
    if (one.declarations?.some((each) => ts.isTypeOnlyImportOrExportDeclaration(each))) return true;
    const next = checker.getImmediateAliasedSymbol(one);
    if (next === one) break;
    one = next;
  }
  return false;
}

/** Every exported name, dotted inside namespaces, with what it stands for. */
function collect(version, module, prefix, above, depth) {
  const { ts, checker, real } = version;
  const whole = module.exports?.get("export=");
  const found = checker.getExportsOfModule(module).map((each) => [each.name, each]);
  if (whole) found.unshift(["export=", whole]);
  for (const [short, each] of found) {
    if (short === "prototype" || short.startsWith("__@") || short.startsWith(HIDDEN)) continue;
    const target = real(each);
    if (checker.isUnknownSymbol(target)) continue;
    const name = prefix + short;
    const isValue = Boolean(target.flags & ts.SymbolFlags.Value) && !typeOnly(version, each);
    const isType = Boolean(target.flags & ts.SymbolFlags.Type);
    version.exports.set(name, { name, symbol: target, isValue, isType });
    if (!version.names.has(target)) version.names.set(target, []);
    version.names.get(target).push(name);
    const spaces = ts.SymbolFlags.ValueModule | ts.SymbolFlags.NamespaceModule;
    if (short !== "export=" && target.flags & spaces && depth > 0 && !above.includes(target)) {
      collect(version, target, `${name}.`, [...above, target], depth - 1);
    }
  }
}

/** The declarations of a symbol that are the version's own. */
export function declared(version, symbol) {
  return (symbol.declarations ?? []).filter((each) => version.owns(each.getSourceFile().fileName));
}

/** The file and the name that reach a symbol which the entrypoint does not export; undefined for
 *  what stands inside a namespace. */
export function deepName(version, symbol) {
  const { checker, real, root } = version;
  for (const each of declared(version, symbol)) {
    const source = each.getSourceFile();
    const module = checker.getSymbolAtLocation(source);
    if (!module) continue;
    if (module === symbol) return { file: path.relative(root, source.fileName), name: "" };
    if (module.exports?.has("export=")) continue;
    const found = checker.getExportsOfModule(module).find((one) => real(one) === symbol);
    if (found) return { file: path.relative(root, source.fileName), name: found.name };
  }
  return undefined;
}

/** The files that `other` holds in other words or not at all, and those that import one of them:
 *  the others' errors are the same on both sides. */
function suspects(version, other) {
  const { program, checker, root, owns } = version;
  const all = program.getSourceFiles().filter((each) => owns(each.fileName));
  const twin = (file) => other.program.getSourceFile(path.join(other.root, path.relative(root, file)));
  const changed = new Set(all.filter((each) => twin(each.fileName)?.text !== each.text));
  const imports = (each) =>
    each.imports.some((one) => {
      const found = checker.getSymbolAtLocation(one)?.declarations?.[0]?.getSourceFile();
      return !found || changed.has(found);
    });
  return all.filter((each) => changed.size > 0 && (changed.has(each) || imports(each)));
}

/** What the compiler objects to in a version's files, but for what `other` has in the same file. */
export function errors(version, other) {
  const { program, root } = version;
  const found = [];
  for (const source of suspects(version, other)) {
    const all = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    for (const each of all) {
      found.push({
        path: path.relative(root, source.fileName),
        line: source.getLineAndCharacterOfPosition(each.start ?? 0).line + 1,
        code: each.code,
        message: plain(version, each.messageText),
        source,
        start: each.start ?? 0,
      });
    }
  }
  return found;
}

/** What the compiler says, line by line, without the folders that it ran in. */
export function plain({ ts, root }, message) {
  return ts
    .flattenDiagnosticMessageText(message, "\n")
    .replace(/import\("[^"]*"(?:, \{ with: \{[^}]*\} \})?\)\.?/g, "")
    .replaceAll(`${root}/`, "")
    .replaceAll(HIDDEN, "")
    .split("\n")
    .map((line) => line.trim());
}
