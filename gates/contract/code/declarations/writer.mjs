// Writes pieces of a version's declarations as code outside would: through the names that it can
// import, and with a copy of the types that it cannot.
import { declared, deepName } from "./version.mjs";
import { reference, refersTo } from "./references.mjs";
import { isPrivate } from "./same.mjs";

/** Thrown where a declaration cannot be written from outside. */
export class Unwritable extends Error {}

/** A writer of `side`'s declarations for code that is compiled against both sides. `partner` and
 *  `changed` are those of `pairUp`, from this side to `other`. One writer makes one program. */
export function makeWriter(side, other, { changed, partner }) {
  const { ts, checker } = side;
  const heads = { here: new Map(), there: new Map() };
  const copies = new Map();
  const outside = new Map();
  let owner;

  function arity(version, symbol) {
    const types = declared(version, symbol).flatMap((each) => each.typeParameters ?? []);
    return [types.filter((each) => !each.default).length, types.length].join();
  }

  function named(symbol) {
    for (const name of side.names.get(symbol) ?? []) {
      const now = other.exports.get(name);
      const was = side.exports.get(name);
      if (!now || (was.isType && !now.isType) || (was.isValue && !now.isValue)) continue;
      if (arity(side, symbol) !== arity(other, now.symbol)) continue;
      return name === "export=" ? "$m" : `$m.${name}`;
    }
    return undefined;
  }

  function deep(symbol) {
    const twin = partner.get(symbol);
    const one = deepName(side, symbol);
    const two = twin && deepName(other, twin);
    if (!one || !two) return undefined;
    const name = `$d_${`${one.file}_${one.name}`.replace(/\W/g, "_")}`;
    heads.here.set(name, one);
    heads.there.set(name, two);
    return name;
  }

  /** How outside code names a declaration. */
  function refer(symbol) {
    const known = named(symbol);
    if (known) return known;
    const flags = ts.SymbolFlags;
    const stands = symbol.flags & (flags.Class | flags.Enum | flags.Variable | flags.Module);
    const twin = partner.get(symbol);
    if (twin && (stands || !changed(symbol, twin))) {
      const name = deep(symbol);
      if (name) return name;
    }
    return copy(symbol);
  }

  function copy(symbol) {
    if (copies.has(symbol)) return copies.get(symbol).name;
    const made = { name: `$${symbol.name.replace(/\W/g, "_")}_${copies.size}`, text: "" };
    copies.set(symbol, made);
    const outer = owner;
    owner = undefined;
    for (const each of declared(side, symbol)) made.text += `${declaration(each, made.name)}\n`;
    owner = outer;
    if (!made.text.trim()) throw new Unwritable(symbol.name);
    return made.name;
  }

  function declaration(node, name) {
    const types = typeParameters(node);
    if (ts.isTypeAliasDeclaration(node)) return `type ${name}${types} = ${write(node.type)};`;
    if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) {
      if (ts.isClassDeclaration(node) && node.members.some((each) => isPrivate(ts, each))) {
        throw new Unwritable(name);
      }
      const bases = (node.heritageClauses ?? [])
        .flatMap((each) => each.types)
        .map((each) => write(each));
      const above = bases.length > 0 ? ` extends ${bases.join(", ")}` : "";
      const inner = node.members
        .filter((each) => !ts.isConstructorDeclaration(each) && !isStatic(each))
        .map((each) => member(each));
      return `interface ${name}${types}${above} { ${inner.join(" ")} }`;
    }
    if (ts.isVariableDeclaration(node)) return `declare const ${name}: ${typeOf(node)};`;
    if (ts.isFunctionDeclaration(node)) return `declare function ${name}${signature(node, ": ")};`;
    throw new Unwritable(name);
  }

  function isStatic(node) {
    return Boolean(ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Static);
  }

  /** A member of a class or an interface, as one of an interface. */
  function member(node) {
    const flags = ts.getCombinedModifierFlags(node);
    const fixed = flags & ts.ModifierFlags.Readonly ? "readonly " : "";
    const open = node.questionToken ? "?" : "";
    if (ts.isIndexSignatureDeclaration(node)) return `${write(node).replace(/;?\s*$/, "")};`;
    if (ts.isMethodDeclaration(node)) return `${write(node.name)}${open}${signature(node, ": ")};`;
    if (ts.isPropertyDeclaration(node)) return `${fixed}${write(node.name)}${open}: ${typeOf(node)};`;
    return `${write(node).replace(/[;,]?\s*$/, "")};`;
  }

  function typeOf(node) {
    if (node.type) return write(node.type);
    return node.initializer ? node.initializer.getText() : "any";
  }

  function typeParameters(node) {
    const types = node.typeParameters ?? [];
    return types.length > 0 ? `<${types.map((each) => typeParameter(each)).join(", ")}>` : "";
  }

  function typeParameter(each) {
    const within = each.constraint ? ` extends ${write(each.constraint)}` : "";
    return `${each.name.text}${within}${each.default ? ` = ${write(each.default)}` : ""}`;
  }

  /** A call signature; `arrow` stands before what it gives. */
  function signature(node, arrow) {
    const given = node.parameters.map((each) => write(each)).join(", ");
    return `${typeParameters(node)}(${given})${arrow}${node.type ? write(node.type) : "any"}`;
  }

  function entity(node) {
    const found = reference(side, node);
    const args = node.typeArguments?.length
      ? `<${node.typeArguments.map((each) => write(each)).join(", ")}>`
      : "";
    const how = found.node?.isTypeOf ? "typeof " : "";
    if (found.symbol) return `${how}${refer(found.symbol)}${found.rest}${args}`;
    if (found.node) {
      const rest = found.key.slice(found.key.indexOf(":") + 1);
      return `${how}import(${JSON.stringify(found.node.argument.literal.text)})${rest}${args}`;
    }
    if (!found.from) return found.text;
    const key = `${found.from.module}:${found.from.how}`;
    if (!outside.has(key)) outside.set(key, { ...found.from, name: `$e${outside.size}` });
    return `${outside.get(key).name}${found.rest}`;
  }

  /** The text of a node, with every name as outside code knows it. */
  function write(node) {
    if (refersTo(ts, node)) return entity(node);
    if (owner && node.kind === ts.SyntaxKind.ThisType && !ts.isTypePredicateNode(node.parent)) {
      return owner;
    }
    const source = node.getSourceFile();
    const children = node
      .getChildren(source)
      .filter((each) => each.kind < ts.SyntaxKind.FirstJSDocNode || each.kind > ts.SyntaxKind.LastJSDocNode);
    if (children.length === 0) {
      // Only declarations may have a parameter of this name.
      const text = node.getText(source);
      return text === "arguments" && ts.isParameter(node.parent) ? "arguments_" : text;
    }
    let text = "";
    let end = -1;
    for (const each of children) {
      const start = each.getStart(source);
      if (each.end === start) continue;
      if (end >= 0 && start > end) text += " ";
      text += write(each);
      // What a line end divides stands on one line here.
      if (ts.isTypeElement(each) && node.kind === ts.SyntaxKind.SyntaxList && !/[;,]$/.test(text)) text += ";";
      end = each.end;
    }
    return text;
  }

  function imports(file, here) {
    const spot = (name) => `./${name.replace(/\.d\.([cm]?)ts$/, ".$1js")}`;
    const common = file.endsWith(".cts");
    const lines = [];
    const star = (name, from) =>
      common ? `import ${name} = require("${from}");` : `import * as ${name} from "${from}";`;
    const version = here ? side : other;
    lines.push(star("$m", spot(version.source.fileName.slice(version.root.length + 1))));
    for (const [name, target] of heads[here ? "here" : "there"]) {
      if (target.name === "") lines.push(star(name, spot(target.file)));
      else lines.push(`import { ${target.name} as ${name} } from "${spot(target.file)}";`);
    }
    for (const { module, how, name } of outside.values()) {
      const from = JSON.stringify(module);
      if (how === "=") lines.push(common ? `import ${name} = require(${from});` : `import ${name} from ${from};`);
      else if (how === "*") lines.push(`import * as ${name} from ${from};`);
      else if (how === "default") lines.push(`import ${name} from ${from};`);
      else lines.push(`import { ${how} as ${name} } from ${from};`);
    }
    return lines;
  }

  return {
    write, member, signature, typeParameters, typeParameter, typeOf, refer, named, deep, isStatic,
    /** Within `act`, `this` is written as the type `text`. */
    within(text, act) {
      const outer = owner;
      owner = text;
      try {
        return act();
      } finally {
        owner = outer;
      }
    },
    /** The lines that stand above a program, on this side or on the other. */
    head: (file, here) => [...imports(file, here), ...[...copies.values()].map((each) => each.text.trim())],
    checker,
  };
}
