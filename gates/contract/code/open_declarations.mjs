// Writes declarations anew, so that two versions of a class can be equal to the compiler.
import fs from "node:fs";

/** Classes with private members are equal only to themselves, and methods are compared loosely
 *  (TypeScript handbook, "Type Compatibility" and `strictFunctionTypes`). Neither may decide here:
 *  private members go, protected ones are compared like public ones, and methods become
 *  properties that are functions. */
function rewrite(ts, file, parents) {
  const text = fs.readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const edits = [];
  const visit = (node) => {
    if (ts.isClassLike(node) || ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node)) {
      const names = node.members.map((each) => each.name?.getText(source));
      node.members.forEach((member, index) => {
        const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
        const is = (kind) => modifiers.find((each) => each.kind === kind);
        const hidden = is(ts.SyntaxKind.PrivateKeyword);
        if ((hidden && !ts.isConstructorDeclaration(member)) ||
            (member.name && ts.isPrivateIdentifier(member.name))) {
          edits.push([member.getStart(source), member.end, ""]);
          return;
        }
        const guarded = is(ts.SyntaxKind.ProtectedKeyword);
        if (guarded && !ts.isConstructorDeclaration(member)) {
          edits.push([guarded.getStart(source), guarded.end, ""]);
        }
        const method = ts.isMethodDeclaration(member) || ts.isMethodSignature(member);
        const once = names.indexOf(names[index]) === names.lastIndexOf(names[index]);
        // A method of a class cannot be the heir of a property, nor the other way round.
        const heir = ts.isClassLike(node) && (node.heritageClauses || parents.has(node.name?.text));
        if (method && once && !heir) {
          const after = member.questionToken ?? member.name;
          edits.push([after.end, after.end, ": ("]);
          const close = member.parameters.end;
          const paren = text.indexOf(")", close) + 1;
          if (member.type) {
            edits.push([paren, member.type.getStart(source), " => "]);
            edits.push([member.type.end, member.type.end, ")"]);
          } else {
            edits.push([paren, paren, " => any)"]);
          }
        }
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let made = text;
  for (const [start, end, by] of edits.sort((one, two) => two[0] - one[0] || two[1] - one[1])) {
    made = made.slice(0, start) + by + made.slice(end);
  }
  fs.writeFileSync(file, made);
}

/** The names of the classes that another class extends. */
function findParents(ts, file, parents) {
  const source = ts.createSourceFile(
    file,
    fs.readFileSync(file, "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const visit = (node) => {
    if (ts.isClassLike(node)) {
      for (const clause of node.heritageClauses ?? []) {
        for (const each of clause.types) {
          parents.add(each.expression.getText(source).split(".").at(-1));
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** Rewrite these files, of both versions. */
export function openUp(ts, files) {
  const parents = new Set();
  for (const file of files) findParents(ts, file, parents);
  for (const file of files) rewrite(ts, file, parents);
}
