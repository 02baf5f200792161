// What a changed type is for arguments that code outside may give it. The old version's compiler
// writes out what each instance is, in names that others can import; a value of the new one that
// does not fit there is a break, and the program that says so is its example.
import path from "node:path";

import { declared, plain } from "./version.mjs";

const KINDS = [
  ["{ a: string; b?: number }", "{ a: { c: string[]; d?: Date } }", "{ a: string } | { b: boolean }", "Record<string, { a: number }>"],
  ["readonly [string, { a: number }]", "(string | { a: boolean })[]", "[string, ...number[]]"],
  ["string", "string | number", '"a" | "b"'],
];
/** How far one parameter's argument stands behind the one before: types of one kind meet. */
const SHIFTS = [1, 0, 2];
const MOST = 30;
const LONGEST = 2000;

/** What stands for a type parameter beside samples of one kind, the likeliest first. */
function argumentsFor({ ts, checker }, parameter, writer, samples) {
  const found = [];
  if (parameter.default) found.push(writer.write(parameter.default));
  if (!parameter.constraint) return [...found, ...samples];
  const bound = checker.getTypeFromTypeNode(parameter.constraint);
  for (const each of bound.getProperties()) {
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(each));
    if (type.flags & ts.TypeFlags.BooleanLike) found.push(`{ ${JSON.stringify(each.name)}: true }`);
  }
  return [...found, writer.write(parameter.constraint), ...samples];
}

/** A type with some arguments, as code outside writes it. */
function instances(version, name, parameters, writer) {
  if (parameters.length === 0) return [`$m.${name}`];
  const found = new Set();
  for (const samples of KINDS) {
    const choices = parameters.map((each) => argumentsFor(version, each, writer, samples));
    const most = Math.max(...choices.map((each) => each.length));
    for (const shift of parameters.length > 1 ? SHIFTS : [0]) {
      for (let at = 0; at < most; at += 1) {
        const given = choices.map((each, index) => each[(at + index * shift) % each.length]);
        found.add(`$m.${name}<${given.join(", ")}>`);
      }
    }
  }
  return [...found].slice(0, MOST);
}

/** A file of lines on one side, and what its compiler says of each: by line, with the checker. */
function compiled(version, stem, lines, head) {
  const { ts, host, options, second, program, written, root } = version;
  const file = path.join(root, stem);
  written.set(file, [...head, ...lines].join("\n"));
  const made = ts.createProgram([version.source.fileName, file], options, host, second ?? program);
  const source = made.getSourceFile(file);
  const wrong = new Map();
  for (const each of [...made.getSyntacticDiagnostics(source), ...made.getSemanticDiagnostics(source)]) {
    const line = source.getLineAndCharacterOfPosition(each.start ?? 0).line - head.length;
    if (!wrong.has(line)) wrong.set(line, plain(version, each.messageText));
  }
  written.delete(file);
  return { source, wrong, checker: made.getTypeChecker() };
}

/** The type, or each of its properties, in names that others know: [[what stands behind, text]]. */
function spelled(ts, checker, type, source) {
  const text = (one) => checker.typeToString(one, source, ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias);
  const vague = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Never;
  const known = (one) => one.length <= LONGEST && !/import\(|\bany\b|\$gates_|\$w\d/.test(one);
  if (type.flags & vague) return [];
  const whole = text(type);
  if (known(whole)) return [["", whole]];
  const found = [];
  for (const each of type.getProperties()) {
    if (!/^\w+$/.test(each.name)) continue;
    const one = checker.getTypeOfSymbol(each);
    if (one.flags & vague) continue;
    const spelling = text(one);
    if (known(spelling)) found.push([each.name, spelling]);
  }
  return found;
}

/** By entity, the groups that break: {kind, member, state, program, message}. Every entity is
 *  {name, parameters, writer}: what is asked about, by the name that others know. */
function brokenInstances(old, now, entities) {
  const { ts } = old;
  const asked = entities.flatMap((entity) =>
    instances(old, entity.name, entity.parameters, entity.writer).map((text) => ({ entity, text })));
  const head = (version) => [
    `import * as $m from "./${path.relative(version.root, version.source.fileName).replace(/\.d\.([cm]?)ts$/, ".$1js")}";`,
  ];
  const types = asked.map(({ text }, at) => `export type $w${at} = ${text.replace(/\s*\n\s*/g, " ")};`);
  const first = compiled(old, "$instances.mts", types, head(old));
  const programs = [];
  for (const statement of first.source.statements.filter((each) => ts.isTypeAliasDeclaration(each))) {
    const at = Number(statement.name.text.slice(2));
    if (first.wrong.has(at)) continue;
    const type = first.checker.getTypeAtLocation(statement.name);
    for (const [member, spelling] of spelled(ts, first.checker, type, first.source)) {
      const { text } = asked[at];
      const type = member ? `${text}[${JSON.stringify(member)}]` : text;
      const ask = (kind, body) => programs.push({
        ...asked[at], kind, member,
        line: `export function $p${programs.length}() { ${body} }`.replace(/\s*\n\s*/g, " "),
      });
      ask("read", `const r: ${spelling} = null! as ${type}; void r;`);
      ask("written", `const w: ${type} = null! as ${spelling}; void w;`);
    }
  }
  const lines = programs.map(({ line }) => line);
  const [was, is] = [old, now].map((version) => compiled(version, "$values.mts", lines, head(version)));
  const found = new Map();
  programs.forEach(({ entity, kind, member, line }, at) => {
    if (was.wrong.has(at) || !is.wrong.has(at)) return;
    if (!found.has(entity)) found.set(entity, []);
    found.get(entity).push({
      kind, member, state: "refused", message: is.wrong.get(at),
      program: [...head(old), line].join("\n"),
    });
  });
  return found;
}

/** What the types that code outside knows say of declarations that no question settled: by the
 *  name of an export, groups as questions have them, with the positions of that export. `signs` are
 *  those of `positions`. */
export function shownByInstances(old, now, signs, open) {
  const asked = new Map();
  for (const { name, there, inner } of open) {
    const known = old.exports.get(name);
    if (!known.isType || !now.exports.get(name)?.isType || name === "export=") continue;
    const all = declared(old, known.symbol);
    const parameters = all.find((each) => each.typeParameters?.length)?.typeParameters ?? [];
    // What needs no arguments and is exported itself was asked about as it is.
    if (parameters.length === 0 && !inner) continue;
    asked.set(name, { name, parameters, writer: there.writer });
  }
  const found = {};
  for (const [{ name }, groups] of brokenInstances(old, now, [...asked.values()])) {
    const positions = [...(signs.get(old.exports.get(name).symbol) ?? [])];
    found[name] = groups.map((each) => ({ ...each, positions }));
  }
  return found;
}
