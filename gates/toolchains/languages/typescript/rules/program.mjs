// One program of the module's files, and what every rule asks of it.
import fs from "node:fs";
import path from "node:path";

/** The program as rules see it. */
export function openProgram(ts, request) {
  const folder = fs.realpathSync(request.folder);
  const parsed = ts.getParsedCommandLineOfConfigFile(request.project, {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (each) => {
      throw new Error(ts.flattenDiagnosticMessageText(each.messageText, "\n"));
    },
  });
  const program = ts.createProgram({ rootNames: parsed.fileNames, options: parsed.options });
  const checker = program.getTypeChecker();
  const inside = (name) => {
    const real = name.startsWith("/") ? name : path.join(folder, name);
    for (const base of [folder, request.folder]) {
      const found = path.relative(base, real);
      if (!found.startsWith("..") && !found.split("/").includes("node_modules")) return found;
    }
    return undefined;
  };
  const files = program.getSourceFiles();
  const wanted = new Set(request.sources);
  const sources = files.filter((each) => wanted.has(inside(each.fileName)));
  const known = new Set(sources);
  const found = new Map();
  const platform = (name, member) => {
    const key = `${name}:${member}`;
    if (!found.has(key)) found.set(key, findPlatform(ts, program, checker, sources, parsed.options, name, member));
    return found.get(key);
  };
  const context = {
    ts,
    checker,
    program,
    options: parsed.options,
    request,
    sources,
    inside,
    seen: files.map((each) => inside(each.fileName)).filter((each) => each !== undefined),
    problems: [...parsed.errors, ...ts.getPreEmitDiagnostics(program)].map((each) => problem(ts, each, inside)),
    resolve: (symbol) => resolve(ts, checker, symbol),
    isOwn: (node) => known.has(node.getSourceFile()),
    pathOf: (file) => inside(file.fileName),
    place: (node) => place(ts, node, inside),
    platform,
    axonError: platform("@axon/core", "AxonError"),
    statement: platform("@axon/core", "Statement"),
  };
  return context;
}

/** What a name of one of the platform's packages stands for, as the module's imports resolve it. */
function findPlatform(ts, program, checker, sources, options, name, member) {
  if (sources.length === 0) return undefined;
  const host = { ...ts.sys, getCurrentDirectory: () => program.getCurrentDirectory() };
  const from = sources[0].fileName;
  const found = ts.resolveModuleName(name, from, options, host, undefined, undefined, ts.ModuleKind.ESNext);
  const file = found.resolvedModule && program.getSourceFile(found.resolvedModule.resolvedFileName);
  const symbol = file && checker.getSymbolAtLocation(file);
  const one = symbol && checker.getExportsOfModule(symbol).find((each) => each.name === member);
  return one && resolve(ts, checker, one);
}

/** A symbol behind all its names. */
export function resolve(ts, checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Every node of a file, from the outside to the inside; types alone are left out. */
export function walk(ts, top) {
  const found = [];
  const visit = (node) => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    found.push(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(top, visit);
  return found;
}

/** What is inside parentheses and assertions of types. */
export function bare(ts, node) {
  while (isWrapper(ts, node)) node = node.expression;
  return node;
}

export function isWrapper(ts, node) {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node)
  );
}

function place(ts, node, inside) {
  const file = node.getSourceFile();
  const start = file.getLineAndCharacterOfPosition(node.getStart());
  const end = file.getLineAndCharacterOfPosition(node.getEnd());
  let whole = node;
  while (whole.parent && !ts.isStatement(whole) && !ts.isSourceFile(whole.parent)) whole = whole.parent;
  return {
    path: inside(file.fileName),
    line: start.line + 1,
    column: start.character + 1,
    end: end.line === start.line ? end.character + 1 : null,
    text: whole.getText(),
  };
}

function problem(ts, each, inside) {
  const lines = ts.flattenDiagnosticMessageText(each.messageText, "\n").split("\n");
  const path = each.file ? inside(each.file.fileName) : undefined;
  const at = path === undefined ? null : each.file.getLineAndCharacterOfPosition(each.start ?? 0);
  return {
    path: path ?? null,
    line: at && at.line + 1,
    column: at && at.character + 1,
    rule: `TS${each.code}`,
    error: each.category === ts.DiagnosticCategory.Error,
    message: lines[0],
    detail: lines.slice(1).map((line) => line.trim()).join("\n") || null,
  };
}
