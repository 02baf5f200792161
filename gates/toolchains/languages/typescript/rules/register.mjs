// register() is what the platform calls: without arguments, for a registration.
import { resolve } from "./program.mjs";

const RULE = "register-signature";
const TEXTS = ["slug", "version"];
const LISTS = ["routes", "jobs"];

/** What is wrong with the type of the entrypoint's register(), by the compiler's own comparison. */
export function* findRegister(program) {
  const { ts, checker, request } = program;
  if (!request.entry) return;
  const file = program.program.getSourceFiles().find((each) => program.pathOf(each) === request.entry);
  const exported = file && checker.getSymbolAtLocation(file);
  const symbol = exported && checker.getExportsOfModule(exported).find((each) => each.name === "register");
  const declared = program.platform("@axon/core", "ModuleRegistration");
  const wanted = declared && checker.getDeclaredTypeOfSymbol(declared);
  const expected = wanted ? "() => ModuleRegistration, of @axon/core"
    : "() => { slug: string; version: string; routes: [..]; jobs: [..] }";
  const found = (node, text) => ({
    rule: RULE, node, message: `register() has to be ${expected}, or a promise of it; it is ${text}`,
  });
  if (symbol === undefined) {
    const node = file?.statements[0] ?? file?.endOfFileToken ?? program.sources[0];
    yield found(node, file ? "not exported" : "in a file that the compiler does not see");
    return;
  }
  const original = resolve(ts, checker, symbol);
  const own = original.declarations?.find((each) => program.isOwn(each));
  const node = (own && (ts.getNameOfDeclaration(own) ?? own)) ?? symbol.declarations[0];
  const type = checker.getTypeOfSymbol(original);
  const shown = show(program, type);
  if (type.flags & ts.TypeFlags.Any) {
    yield found(node, "any");
    return;
  }
  const callable = type.getCallSignatures().filter((each) => each.minArgumentCount === 0);
  if (callable.length === 0) {
    yield found(node, type.getCallSignatures().length ? `${shown}, which needs arguments` : `${shown}, no function`);
    return;
  }
  for (const each of callable) {
    const returned = checker.getReturnTypeOfSignature(each);
    const answer = checker.getAwaitedType(returned) ?? returned;
    const wrong = [...differences(program, answer, wanted)];
    if (wrong.length > 0) {
      yield found(node, `${shown}: ${wrong.join("; ")}`);
      return;
    }
  }
}

function* differences(program, answer, wanted) {
  const { ts, checker } = program;
  const isOpen = (type) => Boolean(type.flags & ts.TypeFlags.Any);
  if (answer.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Never)) {
    yield `it answers with ${show(program, answer)}`;
    return;
  }
  const before = wanted ? checker.getPropertiesOfType(wanted) : [];
  const names = wanted ? before.map((each) => each.name) : [...TEXTS, ...LISTS];
  let said = false;
  for (const name of names) {
    const there = checker.getPropertyOfType(answer, name);
    const asked = before.find((each) => each.name === name);
    const isFree = Boolean(asked && asked.flags & ts.SymbolFlags.Optional);
    if (there === undefined) {
      if (!isFree) yield `${name} is missing`;
      said ||= !isFree;
      continue;
    }
    const type = checker.getTypeOfSymbol(there);
    const target = asked ? checker.getTypeOfSymbol(asked) : undefined;
    const fits = target ? checker.isTypeAssignableTo(type, target)
      : TEXTS.includes(name) ? checker.isTypeAssignableTo(type, checker.getStringType())
        : checker.isArrayType(type) || checker.isTupleType(type);
    const isAny = isOpen(type) || (checker.isArrayType(type) && checker.getTypeArguments(type).some(isOpen));
    if (fits && !isAny) continue;
    const should = target ? show(program, target) : TEXTS.includes(name) ? "string" : "a list";
    yield `${name} is ${show(program, type)}, not ${should}`;
    said = true;
  }
  if (!said && wanted && !checker.isTypeAssignableTo(answer, wanted)) yield `it answers with ${show(program, answer)}`;
}

function show(program, type) {
  const text = program.checker.typeToString(type);
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}
