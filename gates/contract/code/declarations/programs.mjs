// The programs that code outside could hold against a declaration: what it reads, writes, calls
// and extends. Each is compiled against the version that it was written from, and the other one.
import { Unwritable } from "./writer.mjs";
import { classBehind, membersOf, modifiers } from "./members.mjs";
import { declared } from "./version.mjs";

const SAMPLES = ["string", "{ a: string; b?: number }"];

/** Programs about one declaration. `name` is how code outside names it; `differs(key)` says whether
 *  a member changed. Gives groups: {kind, member, variants: [{concrete, text}]}; a group is one
 *  question, `otherwise` what is asked where none of its variants compiles. */
export function programsOf(side, asked, writer, { name, isValue, isType, differs }) {
  const { ts } = side;
  const groups = [];
  const behind = classBehind(side, asked);
  const symbol = behind ?? asked;
  const nodes = declared(side, symbol);
  const typed = nodes.find((each) => each.typeParameters?.length) ?? nodes.find((each) => each.typeParameters);
  const own = typed?.typeParameters ?? [];
  const maker = own.length > 0 ? `${name}<${own.map((each) => each.name.text).join(", ")}>` : name;
  const self = behind ? `InstanceType<typeof ${maker}>` : maker;

  /** One question, for any types and for some that stand for them. `doubt` marks one that the
   *  compiler answers more strictly than code outside would ask: overloads, one by one. */
  function ask(kind, member, params, body, doubt = false) {
    let text;
    const variants = [];
    try {
      const seen = new Map(params.map((each) => [each.name.text, each]));
      const open = [...seen.values()];
      const inner = writer.within(self, body);
      const types = open.map((each) => writer.typeParameter(each)).join(", ");
      text = `export function $p${types ? `<${types}>` : ""}() { ${inner} }`;
      variants.push({ concrete: open.length === 0, text });
      for (const sample of open.length > 0 ? SAMPLES : []) {
        const stands = open.map((each) => {
          const bound = each.constraint ? writer.write(each.constraint) : sample;
          return `type ${each.name.text} = ${bound};`;
        });
        variants.push({ concrete: true, text: `export function $p() { ${stands.join(" ")} ${inner} }` });
      }
    } catch (error) {
      if (!(error instanceof Unwritable)) throw error;
      variants.length = 0;
    }
    groups.push({ kind, member, variants, doubt });
  }

  /** The arguments of a call: "all" of them, a "few", or all where those that may be left out may
   *  be "undefined". */
  function given(node, how, told = "") {
    const found = [];
    for (const each of node.parameters) {
      if (ts.isIdentifier(each.name) && each.name.text === "this") continue;
      if (told && each.name.getText() === told) {
        found.push("told");
        continue;
      }
      const type = each.type ? writer.write(each.type) : "any";
      const free = each.questionToken || each.initializer;
      if (how === "few" && (free || each.dotDotDotToken)) continue;
      if (each.dotDotDotToken) found.push(`...(null! as ${type})`);
      else found.push(free && how === "undefined" ? `null! as (${type}) | undefined` : `null! as ${type}`);
    }
    return found.join(", ");
  }

  /** The ways to call a signature; one of several is not known to take what it takes alone. */
  function ways(node, signatures = [node]) {
    if (!node.parameters.some((each) => each.questionToken || each.dotDotDotToken)) return ["all"];
    return signatures.length > 1 ? ["all", "few", "undefined"] : ["all", "few"];
  }

  /** Calls with all and with as few arguments as may be, with and without type arguments. */
  function calls(kind, member, before, callee, signatures, result, params = own) {
    for (const node of signatures) {
      const inner = node.typeParameters ?? [];
      const back = node.type && !ts.isTypePredicateNode(node.type) &&
        node.type.kind !== ts.SyntaxKind.VoidKeyword ? node.type : undefined;
      for (const how of ways(node, signatures)) {
        const bodies = [""];
        if (inner.length > 0) bodies.push(`<${inner.map((each) => each.name.text).join(", ")}>`);
        const start = groups.length;
        for (const types of bodies) {
          ask(kind, member, [...params, ...inner], () => {
            const call = `${callee()}${types}(${given(node, how)})`;
            const type = result ? result() : back && writer.write(back);
            return `${before()} ${type ? `const r: ${type} = ${call}; void r;` : `${call};`}`;
          });
        }
        const tells = predicate(node);
        // Type arguments are written where the compiler cannot find them by itself.
        const [inferred, explicit] = groups.splice(start);
        groups.push({ ...inferred, otherwise: explicit?.variants });
        if (!tells || result) continue;
        ask(kind, member, [...params, ...inner], () => {
          const told = node.parameters.find((each) => each.name.getText() === tells.name);
          const call = `${callee()}(${given(node, how, tells.name)})`;
          const read = `const r: ${writer.write(tells.type)} = told; void r;`;
          const then = tells.asserts ? `${call}; ${read}` : `if (${call}) { ${read} }`;
          return `${before()} const told = null! as ${told.type ? writer.write(told.type) : "any"}; ${then}`;
        });
      }
    }
  }

  /** What a call says of one of its arguments. */
  function predicate({ type }) {
    if (!type || !ts.isTypePredicateNode(type) || !type.type) return undefined;
    if (!ts.isIdentifier(type.parameterName)) return undefined;
    return { name: type.parameterName.text, type: type.type, asserts: Boolean(type.assertsModifier) };
  }

  const signatures = (all) => `{ ${all.map((each) => `${writer.signature(each, ": ")};`).join(" ")} }`;

  function functions(all) {
    calls("value", "", () => "", () => name, all, undefined, []);
    ask("value", "", [], () => `const f: ${signatures(all)} = ${name}; void f;`, all.length > 1);
  }

  /** What is done with the members of `n`. */
  function members(kind, found, type, params) {
    const before = () => `const n = null! as ${type};`;
    for (const [key, { nodes: all, at }] of found) {
      if (!differs(key)) continue;
      const [first] = all;
      const flags = modifiers(ts, first);
      if (flags.guarded) {
        if (kind === "read") guarded(key, all, at);
        continue;
      }
      const spot = () => `n${at(writer)}`;
      const callable = all.filter((each) => each.parameters && !ts.isAccessor(each) && !ts.isIndexSignatureDeclaration(each));
      if (callable.length > 0) {
        const built = ts.isConstructSignatureDeclaration(first) ? "new " : "";
        if (!built) {
          calls(kind, key, before, () => `${spot()}${first.questionToken ? "!" : ""}`, callable, undefined, params);
          ask(kind, key, params, () => `${before()} const f: ${optional(first, signatures(callable))} = ${spot()}; void f;`, callable.length > 1);
        } else calls(kind, key, before, () => `new ${spot()}`, callable, undefined, params);
        continue;
      }
      if (ts.isIndexSignatureDeclaration(first)) {
        ask(kind, key, params, () => `${before()} const r: { ${writer.write(first)} } = n; void r;`);
        continue;
      }
      const getter = all.find((each) => !ts.isSetAccessor(each));
      const setter = all.find((each) => ts.isSetAccessor(each));
      if (getter) {
        ask(kind, key, params, () => {
          const read = optional(getter, writer.typeOf(getter));
          return `${before()} const r: ${read} = ${spot()}; void r;`;
        });
        const shaped = getter.type && ts.isFunctionTypeNode(getter.type) ? [getter.type] : [];
        calls(kind, key, before, () => `${spot()}${getter.questionToken ? "!" : ""}`, shaped, undefined, params);
      }
      const set = setter?.parameters[0]?.type;
      if (set) ask("set", key, params, () => `${before()} ${spot()} = null! as ${writer.write(set)};`);
      else if (getter && !ts.isGetAccessor(getter) && !flags.fixed) {
        ask("set", key, params, () => `${before()} ${spot()} = ${spot()};`);
      }
    }
  }

  const optional = (node, text) => (node.questionToken ? `(${text}) | undefined` : text);

  /** What a class outside that extends this one reads. */
  function guarded(key, all, at) {
    const [first] = all;
    const methods = all.filter((each) => ts.isMethodDeclaration(each));
    ask("read", key, own, () => {
      const type = optional(first, methods.length > 0 ? signatures(methods) : writer.typeOf(first));
      return `abstract class $S extends ${maker} { $r(): void { const r: ${type} = this${at(writer)}; void r; } } void $S;`;
    });
  }

  function bases(node) {
    const all = (node.heritageClauses ?? []).flatMap((each) => [...each.types]);
    return all.filter((each) => ts.isIdentifier(each.expression) || ts.isPropertyAccessExpression(each.expression));
  }

  function built() {
    const type = side.checker.getTypeOfSymbol(symbol);
    const all = type.getConstructSignatures().map((each) => each.declaration);
    const open = Boolean(ts.getCombinedModifierFlags(nodes.find(ts.isClassDeclaration)) & ts.ModifierFlags.Abstract);
    const found = all.filter((each) => each && side.owns(each.getSourceFile().fileName));
    const inherited = (each) => ts.isConstructorDeclaration(each) && each.parent.symbol !== symbol;
    if (all.length > 0 && found.length === 0) {
      ask("built", "", own, () => open
        ? `abstract class $S extends ${maker} { constructor() { super(); } } void $S;`
        : `const r: ${self} = new ${maker}(); void r;`);
    }
    for (const node of found) {
      const { closed, guarded: inner } = modifiers(ts, node);
      if (closed || (inherited(node) && node.parent.typeParameters)) continue;
      for (const how of ways(node, found)) {
        ask("built", "", own, () => open || inner
          ? `abstract class $S extends ${maker} { constructor() { super(${given(node, how)}); } } void $S;`
          : `const r: ${self} = new ${maker}(${given(node, how)}); void r;`);
        if (open || inner || own.length === 0) continue;
        // Type arguments are written where the compiler cannot find them by itself.
        const explicit = groups.pop();
        ask("built", "", own, () => `void new ${name}(${given(node, how)});`);
        groups.at(-1).otherwise = explicit.variants;
      }
    }
    if (!open) return;
    const left = [...membersOf(side, symbol)].filter(([, each]) => modifiers(ts, each.nodes[0]).open);
    ask("implemented", "", own, () => {
      const made = left.flatMap(([, each]) => each.nodes).map((each) => {
        const guard = modifiers(ts, each).guarded ? "protected " : "";
        return ts.isMethodDeclaration(each)
          ? `${guard}${writer.write(each.name)}${writer.signature(each, ": ")} { throw 0; }`
          : `${guard}${writer.write(each.name)}: ${writer.typeOf(each)} = null!;`;
      });
      return `class $S extends ${maker} { ${made.join(" ")} } void $S;`;
    });
  }

  function whole() {
    const found = [...membersOf(side, symbol).values()].flatMap((each) => each.nodes);
    const above = nodes.flatMap((each) => bases(each)).map((each) => writer.write(each));
    return [`{ ${found.map((each) => `${writer.member(each)}`).join(" ")} }`, ...above].join(" & ");
  }

  const variable = nodes.find((each) => ts.isVariableDeclaration(each));
  const asFunction = nodes.filter((each) => ts.isFunctionDeclaration(each));
  const asClass = nodes.find((each) => ts.isClassDeclaration(each));
  const alias = nodes.find((each) => ts.isTypeAliasDeclaration(each));
  if (isValue) {
    if (asFunction.length > 0) functions(asFunction);
    if (variable?.type && ts.isTypeLiteralNode(variable.type)) {
      members("value", membersOf(side, symbol, { node: variable.type }), `typeof ${name}`, []);
    } else if (variable?.type && ts.isFunctionTypeNode(variable.type)) functions([variable.type]);
    else if (variable) ask("value", "", [], () => `const r: ${writer.typeOf(variable)} = ${name}; void r;`);
    if (asClass) {
      built();
      members("value", membersOf(side, symbol, { still: true }), `typeof ${name}`, []);
    }
  }
  if ((isType || behind) && nodes.length > 0) {
    if (behind) ask("arity", "", own, () => `const n = null! as ${self}; void n;`);
    else if (own.length > 0) {
      ask("arity", "", own, () => `const n = null! as ${self}; void n;`);
      const needed = own.filter((each) => !each.default);
      const few = needed.length > 0 ? `<${needed.map((each) => each.name.text).join(", ")}>` : "";
      ask("arity", "", own, () => `const n = null! as ${name}${few}; void n;`);
    } else ask("arity", "", [], () => `const n = null! as ${name}; void n;`);
    if (asClass || nodes.some((each) => ts.isInterfaceDeclaration(each)) ||
        (alias && ts.isTypeLiteralNode(alias.type))) {
      members("read", membersOf(side, symbol), self, own);
      for (const each of nodes.flatMap((one) => bases(one))) {
        ask("read", "", own, () => `const n = null! as ${self}; const r: ${writer.write(each)} = n; void r;`);
      }
      if (!asClass) {
        ask("written", "", own, () => `const o = null! as ${whole()}; const w: ${self} = o; void w;`);
        for (const [key, each] of membersOf(side, symbol)) {
          if (!differs(key) || !each.name) continue;
          ask("written", key, own, () => {
            const some = each.nodes.map((one) => writer.member(one)).join(" ");
            return `const o = null! as { ${some} }; const w: Pick<${self}, ${each.name}> = o; void w;`;
          });
        }
      }
    } else if (alias) {
      ask("read", "", own, () => `const n = null! as ${self}; const r: ${writer.write(alias.type)} = n; void r;`);
      ask("written", "", own, () => `const o = null! as ${writer.write(alias.type)}; const w: ${self} = o; void w;`);
    }
  }
  for (const node of nodes.filter((each) => ts.isEnumDeclaration(each))) {
    for (const each of node.members) {
      const value = side.checker.getConstantValue(each);
      const key = each.name.getText();
      const at = ts.isIdentifier(each.name) ? `.${key}` : `[${key}]`;
      ask("member", key, [], () => value === undefined
        ? `void ${name}${at};`
        : `const r: \`\${${name}${at}}\` = ${JSON.stringify(String(value))}; void r;`);
    }
  }
  return groups;
}
