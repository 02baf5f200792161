// Files that the program is made of, and that are neither the module's nor those of its packages.
//
// Their types decide what the compiler says, and nobody has released them: the same module would be
// right on one machine and wrong on another, and its kept results would be true for a while only.
import fs from "node:fs";
import path from "node:path";

/** Each such file, at the name in the module that leads there; others at the manifest of packages. */
export function* findOutside(program) {
  const packages = program.request.packages.map((each) => `${fs.realpathSync(each)}/`);
  const strange = (name) => {
    if (program.inside(name) !== undefined) return false;
    const real = fs.realpathSync(name);
    return !packages.some((each) => real.startsWith(each));
  };
  const files = program.program.getSourceFiles();
  const left = new Set(files
    .filter((each) => !program.program.isSourceFileDefaultLibrary(each))
    .map((each) => each.fileName).filter(strange));
  const told = new Set();
  for (const file of left.size === 0 ? [] : files) {
    if (program.inside(file.fileName) === undefined) continue;
    for (const [target, start, end] of named(program.program, file)) {
      if (!left.has(target)) continue;
      told.add(target);
      yield at(program, file, start, end);
    }
  }
  if ([...left].some((each) => !told.has(each))) {
    yield { ...MESSAGE, path: "package.json", line: 1, column: 1, end: null, text: "" };
  }
}

const MESSAGE = {
  rule: "imports-inside",
  message: "types are read from a file that is neither the module's nor a package's",
};

/** Where the imports and references of a file lead, and where they stand in it. */
function* named(program, file) {
  for (const each of file.imports ?? []) {
    const mode = program.getModeForUsageLocation(file, each);
    const found = program.getResolvedModule(file, each.text, mode)?.resolvedModule;
    if (found !== undefined) yield [found.resolvedFileName, each.getStart(file), each.end];
  }
  for (const each of file.referencedFiles) {
    yield [path.resolve(path.dirname(file.fileName), each.fileName), each.pos, each.end];
  }
}

function at(program, file, start, end) {
  const from = file.getLineAndCharacterOfPosition(start);
  const to = file.getLineAndCharacterOfPosition(end);
  return {
    ...MESSAGE,
    path: program.inside(file.fileName),
    line: from.line + 1,
    column: from.character + 1,
    end: to.line === from.line ? to.character + 1 : null,
    text: file.text.slice(start, end),
  };
}
