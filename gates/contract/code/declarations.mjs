// Compares the declarations of two versions with the TypeScript compiler; nothing is run.
//
// Run as `node declarations.mjs TYPESCRIPT FOLDER`. FOLDER holds request.json ({old, new: paths of
// the entrypoints' declarations, options: compiler options}), and the declarations in old/ and
// new/, which are written anew here. Prints one JSON object: what both export, and for every
// statement that code could hold against the old version, what the compiler says of it against the
// new one.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { openUp } from "./open_declarations.mjs";

const [library, folder] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(library);
const request = JSON.parse(fs.readFileSync(path.join(folder, "request.json"), "utf8"));
const { options } = ts.convertCompilerOptionsFromJson(request.options, folder);
const entries = { old: path.join(folder, request.old), new: path.join(folder, request.new) };
const DEPTH = 4;

function declarations(side) {
  const root = path.join(folder, side);
  return fs
    .readdirSync(root, { recursive: true })
    .map((name) => path.join(root, name))
    .filter((file) => /\.d\.[cm]?ts$/.test(file));
}

const files = { old: declarations("old"), new: declarations("new") };
openUp(ts, [...files.old, ...files.new]);

const program = ts.createProgram([entries.old, entries.new], options);
const checker = program.getTypeChecker();

function real(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function parameters(symbol) {
  const declared = symbol.declarations?.find((each) => each.typeParameters !== undefined);
  return declared?.typeParameters ?? [];
}

/** The most arguments that a call may have; -1 for what cannot be called, null for no limit. */
function most(type) {
  let found = -1;
  for (const signature of type.getCallSignatures()) {
    const last = signature.declaration?.parameters.at(-1);
    if (last?.dotDotDotToken) return null;
    found = Math.max(found, signature.parameters.length);
  }
  return found;
}

/** The names of an object type's members. */
function properties(type) {
  if (!(type.flags & ts.TypeFlags.Object)) return [];
  return checker.getPropertiesOfType(type).map((each) => each.name);
}

/** The values of an enum's members, by name; undefined for what is none. */
function members(symbol) {
  if (!(symbol.flags & ts.SymbolFlags.Enum)) return undefined;
  const values = {};
  for (const declared of symbol.declarations?.filter(ts.isEnumDeclaration) ?? []) {
    for (const each of declared.members) {
      values[each.name.getText()] = JSON.stringify(checker.getConstantValue(each) ?? null);
    }
  }
  return values;
}

function literal(symbol, type) {
  const declared = symbol.valueDeclaration;
  if (!declared || !ts.isVariableDeclaration(declared)) return undefined;
  if (type.isStringLiteral() || type.isNumberLiteral()) return JSON.stringify(type.value);
  return type.flags & (ts.TypeFlags.BooleanLiteral | ts.TypeFlags.BigIntLiteral)
    ? checker.typeToString(type)
    : undefined;
}

/** What a module or a namespace exports, by dotted name. */
function exportsOf(symbol, side, prefix = "", depth = DEPTH, found = {}) {
  for (const each of checker.getExportsOfModule(symbol)) {
    if (each.name === "prototype" || each.name.startsWith("__@")) continue;
    const target = real(each);
    const name = prefix + each.name;
    const isValue = Boolean(target.flags & ts.SymbolFlags.Value);
    const isType = Boolean(target.flags & ts.SymbolFlags.Type);
    const declared = target.declarations?.[0];
    const type = isValue ? checker.getTypeOfSymbol(target) : undefined;
    const source = declared?.getSourceFile();
    const line = declared && source.getLineAndCharacterOfPosition(declared.getStart()).line + 1;
    const own = source && files[side].includes(source.fileName);
    const types = parameters(target);
    const isClass = Boolean(target.flags & ts.SymbolFlags.Class);
    found[name] = {
      isValue,
      isType,
      path: own ? path.relative(path.join(folder, side), source.fileName) : null,
      line: own ? line : null,
      types: types.length,
      bound: types.some((each) => each.constraint !== undefined),
      needed: types.filter((each) => each.default === undefined).length,
      most: type ? most(type) : -1,
      members: members(target),
      properties: isType ? properties(checker.getDeclaredTypeOfSymbol(target)) : [],
      literal: type && literal(target, type),
      wide: type && checker.typeToString(checker.getBaseTypeOfLiteralType(type)),
      text: type && checker.typeToString(type, undefined, ts.TypeFlags.NoTruncation),
      builds: isClass && type.getConstructSignatures().length === 1 && types.length === 0,
      symbol: target,
    };
    const spaces = ts.SymbolFlags.ValueModule | ts.SymbolFlags.NamespaceModule;
    if (target.flags & spaces && depth > 0 && !isClass) {
      exportsOf(target, side, `${name}.`, depth - 1, found);
    }
  }
  return found;
}

function entry(side) {
  const source = program.getSourceFile(entries[side]);
  const symbol = source && checker.getSymbolAtLocation(source);
  return symbol ? exportsOf(symbol, side) : {};
}

const found = { old: entry("old"), new: entry("new") };

/** Where the old version's values take (-) and give (+) its exported types. */
function positions() {
  const known = new Map(Object.entries(found.old).map(([name, each]) => [each.symbol, name]));
  const seen = new Set();
  const places = {};
  const walk = (type, sign, depth) => {
    if (!type || depth > 24 || seen.has(`${type.id}${sign}`)) return;
    seen.add(`${type.id}${sign}`);
    for (const symbol of [type.aliasSymbol, type.symbol]) {
      const name = symbol && known.get(symbol);
      if (name !== undefined) places[name] = [...new Set([...(places[name] ?? []), sign])];
    }
    const deeper = (inner, turned = sign) => walk(inner, turned, depth + 1);
    for (const each of type.aliasTypeArguments ?? []) deeper(each);
    if (type.isUnionOrIntersection()) {
      for (const each of type.types) deeper(each);
      return;
    }
    if (!(type.flags & ts.TypeFlags.Object)) return;
    if (type.objectFlags & ts.ObjectFlags.Reference) {
      for (const each of checker.getTypeArguments(type)) deeper(each);
    }
    const where = type.symbol?.declarations ?? [];
    if (!where.some((each) => files.old.includes(each.getSourceFile().fileName))) return;
    const opposite = sign === "+" ? "-" : "+";
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
      for (const each of signature.parameters) deeper(checker.getTypeOfSymbol(each), opposite);
      deeper(signature.getReturnType());
    }
    for (const each of checker.getPropertiesOfType(type)) deeper(checker.getTypeOfSymbol(each));
    for (const each of checker.getIndexInfosOfType(type)) deeper(each.type);
  };
  for (const each of Object.values(found.old)) {
    if (each.isValue) walk(checker.getTypeOfSymbol(each.symbol), "+", 0);
    // Who extends an abstract class writes what it leaves open.
    const declared = each.symbol.valueDeclaration;
    if (declared && ts.getCombinedModifierFlags(declared) & ts.ModifierFlags.Abstract) {
      walk(checker.getDeclaredTypeOfSymbol(each.symbol), "-", 0);
    }
  }
  return places;
}

/** Statements over the two versions, one on a line, each with the name and the kind of question. */
function questions() {
  const lines = [
    `import * as Old from "./${request.old.replace(/\.d\.([cm]?)ts$/, ".$1js")}";`,
    `import * as New from "./${request.new.replace(/\.d\.([cm]?)ts$/, ".$1js")}";`,
  ];
  const asked = {};
  const ask = (name, kind, text) => {
    lines.push(text);
    asked[lines.length - 1] = { name, kind };
  };
  for (const [name, old] of Object.entries(found.old)) {
    const now = found.new[name];
    if (now === undefined) continue;
    const id = lines.length;
    // Two enums, or two unique symbols, are never the same to the compiler.
    if ((old.members && now.members) || [old.text, now.text].includes("unique symbol")) continue;
    if (old.isValue && now.isValue && !(old.literal && now.literal && old.wide === now.wide)) {
      ask(name, "value", `export const v${id}: typeof Old.${name} = New.${name};`);
      ask(name, "grown", `export const g${id}: typeof New.${name} = Old.${name};`);
      if (old.builds && now.builds) {
        const args = `...args: ConstructorParameters<typeof Old.${name}>`;
        ask(name, "built", `export const b${id}: abstract new (${args}) => unknown = New.${name};`);
      }
    }
    if (old.isType && now.isType && now.needed <= old.types && old.needed <= now.types) {
      const free = !old.bound && !now.bound && old.types === now.types;
      const names = Array.from({ length: old.types }, (_, index) => (free ? `T${index}` : "any"));
      const given = names.length > 0 ? `<${names.join(", ")}>` : "";
      const fewer = names.slice(0, now.types);
      const other = fewer.length > 0 ? `<${fewer.join(", ")}>` : "";
      const head = free ? given : "";
      const [one, two] = [`Old.${name}${given}`, `New.${name}${other}`];
      lines.push(`export function t${id}${head}(o: ${one}, n: ${two}): void {`);
      ask(name, "read", `  const r: ${one} = n; void r;`);
      ask(name, "written", `  const w: ${two} = o; void w;`);
      lines.push("}");
    }
  }
  return { text: lines.join("\n"), asked };
}

const flat = (message) =>
  ts
    .flattenDiagnosticMessageText(message, "\n")
    .replace(/import\("[^"]*"(?:, \{ with: \{[^}]*\} \})?\)\.?/g, "")
    .replaceAll(`${folder}/`, "")
    .split("\n")
    .map((line) => line.trim());

const broken = { old: [], new: [] };
for (const side of ["old", "new"]) {
  for (const file of files[side]) {
    const source = program.getSourceFile(file);
    if (source === undefined) continue;
    const all = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    for (const each of all) {
      const line = source.getLineAndCharacterOfPosition(each.start ?? 0).line + 1;
      const where = path.relative(path.join(folder, side), file);
      broken[side].push({ path: where, line, code: each.code, message: flat(each.messageText) });
    }
  }
}

const { text, asked } = questions();
const probe = path.join(folder, "probe.ts");
fs.writeFileSync(probe, text);
const second = ts.createProgram([probe], options, undefined, program);
const source = second.getSourceFile(probe);
const answers = [];
for (const each of [...second.getSyntacticDiagnostics(source), ...second.getSemanticDiagnostics(source)]) {
  const line = source.getLineAndCharacterOfPosition(each.start).line;
  answers.push({ ...(asked[line] ?? { name: "", kind: "" }), code: each.code, message: flat(each.messageText) });
}
const plain = (side) =>
  Object.fromEntries(Object.entries(found[side]).map(([name, { symbol, ...rest }]) => [name, rest]));
process.stdout.write(
  JSON.stringify({
    old: plain("old"),
    new: plain("new"),
    positions: positions(),
    broken,
    answers,
    asked: Object.keys(asked).length,
    version: ts.version,
  }),
);
