// Compares two versions: finds the declarations that differ, and asks the compiler about those.
import path from "node:path";

import { shownByInstances } from "./instances.mjs";
import { classBehind, memberDiffers, membersOf, modifiers } from "./members.mjs";
import { positions } from "./positions.mjs";
import { programsOf } from "./programs.mjs";
import { pairUp } from "./same.mjs";
import { declared, errors, openVersion, plain } from "./version.mjs";
import { makeWriter } from "./writer.mjs";

/** Calls `tell` with {exports}, then with {changed} for every declaration that differs, and at last
 *  with {instances}, the breaks that instances of their types show. */
export function compareVersions(ts, folder, request, tell) {
  const { options } = ts.convertCompilerOptionsFromJson(request.options, folder);
  const cache = new Map();
  const open = (side) => {
    const root = path.join(folder, side);
    return openVersion(ts, root, path.join(root, request[side]), options, cache);
  };
  const [old, now] = [open("old"), open("new")];
  const roots = [...old.exports.values()]
    .filter(({ name }) => now.exports.has(name))
    .map(({ name, symbol }) => [symbol, now.exports.get(name).symbol]);
  const forth = pairUp(old, now, roots);
  const back = turned(forth);
  const entities = choose(old, now, forth);
  const broken = { old: errors(old, now), new: errors(now, old) };
  const bare = (all) => all.map(({ source, start, ...rest }) => rest);
  tell({
    exports: { old: describe(old), new: describe(now) },
    broken: { old: bare(broken.old), new: bare(broken.new) },
    augmented: augmentations(old) !== augmentations(now),
    pending: entities.map((each) => each.name),
    version: ts.version,
  });
  for (const [index, each] of entities.entries()) {
    each.there = written(old, now, forth, each, `$probe_${index}`);
    each.back = each.gone ? undefined : written(now, old, back, flipped(each), `$back_${index}`);
  }
  for (const side of [old, now]) {
    side.second = ts.createProgram(
      [side.source.fileName, ...side.written.keys()], options, side.host, side.program,
    );
  }
  let signs;
  const unsettled = [];
  for (const each of entities) {
    const { groups, ...told } = judged(old, now, each.there);
    if (!each.gone && (each.inner || groups.every(({ state }) => state !== "refused"))) unsettled.push(each);
    const { groups: grown } = each.back ? judged(now, old, each.back) : { groups: [] };
    signs ??= positions(old);
    const wrong = [[broken.old, each.one, old], [broken.new, each.other, now]];
    tell({
      changed: {
        name: each.name, inner: each.inner ?? null, ...told, groups, grown,
        kind: kindOf(ts, each.one),
        positions: [...(signs.get(each.one) ?? [])],
        handle: handle(old, each.one),
        left: each.gone ? [] : leftOpen(old, each.one, now, each.other, forth),
        fresh: each.other ? freshMembers(old, each.one, now, each.other) : [],
        broken: wrong.some(([all, symbol, side]) => symbol && concerns(all, symbol, side)),
      },
    });
  }
  if (unsettled.length > 0) tell({ instances: shownByInstances(old, now, signs, unsettled) });
}

function turned({ pairs, partner }) {
  const reverse = new Map();
  for (const [one, other] of partner) if (!reverse.has(other)) reverse.set(other, one);
  return {
    changed: (one, other) => pairs.get(other)?.get(one)?.differs ?? true,
    partner: reverse,
  };
}

const flipped = ({ one, other, ...rest }) => ({ ...rest, one: other, other: one });

/** What is asked about: exports that are gone, that differ, and classes and enums behind them. */
function choose(old, now, { differing }) {
  const found = [];
  for (const { name, symbol, isValue, isType } of old.exports.values()) {
    const twin = now.exports.get(name);
    const lost = !twin || (isValue && !twin.isValue) || (isType && !twin.isType);
    if (lost) found.push({ name, names: [name], one: symbol, isValue, isType, gone: true });
  }
  for (const pair of differing) {
    const { one, other } = pair;
    const names = (old.names.get(one) ?? []).filter((each) => now.exports.get(each)?.symbol === other);
    const known = names.map((each) => [old.exports.get(each), now.exports.get(each)]);
    if (isSpace(old, one) && isSpace(now, other)) continue; // its members are exports too
    if (known.length > 0) {
      const isValue = known.some(([was, is]) => was.isValue && is.isValue);
      const isType = known.some(([was, is]) => was.isType && is.isType);
      found.push({ name: names[0], names, one, other, isValue, isType });
      continue;
    }
    const stands = one.flags & (old.ts.SymbolFlags.Class | old.ts.SymbolFlags.Enum);
    if (!stands || old.names.has(one)) continue;
    if ([...pair.users].every((user) => old.names.has(user.one) && classBehind(old, user.one) === one)) continue;
    const name = nearest(old, pair);
    if (name) found.push({ name, names: [name], one, other, isValue: false, isType: true, inner: one.name });
  }
  return found;
}

/** Whether a symbol is a namespace, or a module as one, and nothing else. */
function isSpace({ ts }, { flags }) {
  return Boolean(flags & ts.SymbolFlags.Module) && !(flags & ~(ts.SymbolFlags.Module | ts.SymbolFlags.Transient));
}

/** The export through which a declaration is reached. */
function nearest(old, pair) {
  const seen = new Set([pair]);
  const queue = [pair];
  for (let at = 0; at < queue.length; at += 1) {
    const name = old.names.get(queue[at].one)?.[0];
    if (name) return name;
    for (const user of queue[at].users) {
      if (!seen.has(user)) queue.push(user);
      seen.add(user);
    }
  }
  return undefined;
}

/** The programs about one declaration, put before the compiler of both sides. */
function written(side, other, pairs, entity, stem) {
  const writer = makeWriter(side, other, pairs);
  const { one, gone, isValue, isType } = entity;
  const spot = entity.name === "export=" ? "$m" : `$m.${entity.name}`;
  let groups;
  if (gone) {
    const types = declared(side, one).find((each) => each.typeParameters?.length)?.typeParameters ?? [];
    const given = types.length > 0 ? `<${types.map(() => "any").join(", ")}>` : "";
    const uses = [];
    if (isValue) uses.push(`void ${spot};`);
    if (isType) uses.push(`export type $t = ${spot}${given};`);
    if (!isValue && !isType) uses.push(`import $n = ${spot}; export type $t = typeof $n;`);
    groups = uses.map((text) => ({ kind: "gone", member: "", variants: [{ concrete: true, text }] }));
  } else {
    const after = membersOf(other, entity.other);
    const still = membersOf(other, entity.other, { still: true });
    const variable = (version, symbol) => declared(version, symbol).find((each) => version.ts.isVariableDeclaration(each))?.type;
    const [was, is] = [variable(side, one), variable(other, entity.other)];
    const literal = (version, symbol, node) =>
      node && version.ts.isTypeLiteralNode(node) ? membersOf(version, symbol, { node }) : new Map();
    const twins = [
      [membersOf(side, one), after], [membersOf(side, one, { still: true }), still],
      [literal(side, one, was), literal(other, entity.other, is)],
    ];
    const differs = (key) =>
      twins.some(([mine, theirs]) =>
        mine.has(key) && memberDiffers(side, mine.get(key), other, theirs.get(key), pairs));
    const name = entity.inner ? writer.refer(one) : spot;
    groups = programsOf(side, one, writer, { name, isValue, isType, differs });
  }
  const lines = [];
  const made = { groups, writer, files: {} };
  for (const group of groups) {
    for (const variant of [...group.variants, ...(group.otherwise ?? [])]) {
      variant.line = lines.length;
      lines.push(
        variant.text
          .replace(/\$[ptn]\b/g, (each) => `${each}${variant.line}`)
          .replace(/\s*\n\s*/g, " "),
      );
    }
  }
  for (const [where, version] of [["here", side], ["there", other]]) {
    const common = version.source.impliedNodeFormat === version.ts.ModuleKind.CommonJS ||
      version.exports.has("export=");
    const name = `${stem}.${common ? "cts" : "mts"}`;
    const head = writer.head(name, where === "here").flatMap((each) => each.replace(/\s*\n\s*/g, " "));
    const file = path.join(version.root, name);
    version.written.set(file, [...head, ...lines].join("\n"));
    made.files[where] = { file, version, offset: head.length, head };
  }
  return made;
}

/** What the compiler of one side says of a file of programs, by line; "head" where its imports are wrong. */
function refusals({ file, version, offset }) {
  const source = version.second.getSourceFile(file);
  const found = new Map();
  const { second } = version;
  for (const each of [...second.getSyntacticDiagnostics(source), ...second.getSemanticDiagnostics(source)]) {
    const line = source.getLineAndCharacterOfPosition(each.start ?? 0).line - offset;
    const key = line < 0 ? "head" : line;
    if (!found.has(key)) found.set(key, plain(version, each.messageText));
  }
  return found;
}

/** How each question ended: {kind, member, state, program, message}. */
function judged(old, now, { groups, files }) {
  const [was, is] = [refusals(files.here), refusals(files.there)];
  const unfit = was.get("head") ?? is.get("head");
  const told = groups.map(({ kind, member, variants, otherwise, doubt }) => {
    const standing = (all) => (unfit ? [] : all.filter((each) => !was.has(each.line)));
    let fit = standing(variants);
    if (fit.length === 0 && otherwise) fit = standing(otherwise);
    const refused = fit.filter((each) => is.has(each.line));
    const shown = refused.find((each) => each.concrete) ?? refused[0];
    const proof = shown && !doubt && shown.concrete;
    const state = fit.length === 0 ? "unfit" : !shown ? "holds" : proof ? "refused" : "unsure";
    return {
      kind, member, state,
      program: shown && program(files.here.head, shown.text),
      message: shown && is.get(shown.line),
      why: fit.length === 0 ? (was.get("head") ?? is.get("head") ?? was.get(variants[0]?.line)) : undefined,
    };
  });
  return { groups: told };
}

/** A program with what it needs of the head of its file. */
function program(head, text) {
  let kept = text;
  const lines = [];
  for (const line of [...head].reverse()) {
    const name = /\$\w+/.exec(line.replace(/import \{ \S+ as/, ""))?.[0];
    if (!name || !kept.includes(name)) continue;
    lines.unshift(line);
    kept = `${line}\n${kept}`;
  }
  return [...lines, text].join("\n");
}

function kindOf(ts, symbol) {
  if (symbol.flags & ts.SymbolFlags.Class) return "class";
  return symbol.flags & ts.SymbolFlags.Enum ? "enum" : "other";
}

/** Whether a type is made of more than data, so that others seldom make it. */
function handle(version, symbol) {
  const { ts } = version;
  return [...membersOf(version, symbol).values()].some(({ nodes: [first] }) =>
    ts.isMethodSignature(first) || ts.isMethodDeclaration(first) || ts.isCallSignatureDeclaration(first));
}

/** The members that a class leaves to those who extend it, where they differ. */
function leftOpen(old, one, now, other, pairs) {
  const after = membersOf(now, other);
  return [...membersOf(old, one)].filter(([key, each]) =>
    modifiers(old.ts, each.nodes[0]).open && memberDiffers(old, each, now, after.get(key), pairs),
  ).map(([key]) => key);
}

function freshMembers(old, one, now, other) {
  const had = membersOf(old, one);
  return [...membersOf(now, other)].filter(([key, { nodes: [first] }]) =>
    !had.has(key) && !modifiers(now.ts, first).guarded).map(([key]) => key);
}

function concerns(all, symbol, version) {
  return declared(version, symbol).some((each) =>
    all.some(({ source, start }) =>
      source === each.getSourceFile() && start >= each.pos && start <= each.end));
}

function augmentations({ ts, program, owns }) {
  const printer = ts.createPrinter({ removeComments: true });
  const found = [];
  for (const source of program.getSourceFiles().filter((each) => owns(each.fileName))) {
    for (const each of source.statements) {
      if (!ts.isModuleDeclaration(each)) continue;
      const outer = ts.isStringLiteral(each.name) || ts.isGlobalScopeAugmentation(each);
      if (outer) found.push(printer.printNode(ts.EmitHint.Unspecified, each, source));
    }
  }
  return found.sort().join("\n");
}

/** What a version exports, as plain data. */
function describe(version) {
  const { checker, root } = version;
  const found = {};
  for (const { name, symbol, isValue, isType } of version.exports.values()) {
    const [first] = declared(version, symbol);
    const file = first?.getSourceFile().fileName;
    const types = declared(version, symbol).find((each) => each.typeParameters?.length)?.typeParameters ?? [];
    const type = isValue ? checker.getTypeOfSymbol(symbol) : undefined;
    found[name] = {
      isValue, isType,
      first: version.names.get(symbol)[0],
      path: file ? path.relative(root, file) : null,
      types: types.length,
      needed: types.filter((each) => !each.default).length,
      members: enumMembers(version, symbol),
      literal: type ? literal(version, symbol, type) : undefined,
      wide: type && literal(version, symbol, type) ? checker.typeToString(checker.getBaseTypeOfLiteralType(type)) : undefined,
    };
  }
  return found;
}

function enumMembers({ ts, checker }, symbol) {
  if (!(symbol.flags & ts.SymbolFlags.Enum)) return undefined;
  const values = {};
  for (const each of (symbol.declarations ?? []).filter(ts.isEnumDeclaration).flatMap((one) => [...one.members])) {
    values[each.name.getText()] = JSON.stringify(checker.getConstantValue(each) ?? null);
  }
  return values;
}

function literal({ ts, checker }, symbol, type) {
  const declaration = symbol.valueDeclaration;
  if (!declaration || !ts.isVariableDeclaration(declaration)) return undefined;
  if (type.isStringLiteral() || type.isNumberLiteral()) return JSON.stringify(type.value);
  return type.flags & (ts.TypeFlags.BooleanLiteral | ts.TypeFlags.BigIntLiteral)
    ? checker.typeToString(type)
    : undefined;
}
