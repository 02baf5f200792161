declare const object: { a: number };
declare const date: Date;
declare const maybe: string | undefined;
declare const list: string[];
declare const rows: { a: number }[];
declare const count: number;
declare const big: bigint;
declare const flag: boolean;
declare const regexp: RegExp;
declare const never: never;
declare const url: URL;
declare const failure: Error;
declare const open: unknown;
declare const call: () => void;
declare const symbol: symbol;
class Named {
  name = "x";
  toString(): string {
    return this.name;
  }
}
class Nameless {
  name = "x";
}
declare const named: Named;
declare const nameless: Nameless;

export const bases = [
  String(object),
  object.toString(),
  object + "",
  `${object}`,
  String(rows),
  rows.join(","),
  list.join(","),
  String(named),
  String(nameless),
  nameless.toLocaleString(),
  `${named}`,
  String(date),
  String(url),
  String(failure),
  String(open),
  String(call),
  String(regexp),
];

export const templates = [
  `${count}`,
  `${flag}`,
  `${maybe}`,
  `${list}`,
  `${date}`,
  `${regexp}`,
  `${null}`,
  `${undefined}`,
  `${never}`,
  `${open}`,
  `${url}`,
  `${failure}`,
  `${call}`,
  `${big}`,
  `${"x"}`,
  `${JSON.stringify(object)}`,
];

export const sums = [
  count + 1,
  count + "x",
  count + big,
  flag + "x",
  maybe + "x",
  "x" + null,
  regexp + "x",
  object + "x",
  list + "x",
  "x" + "y",
  big + 1n,
  open + "x",
  date + 1,
];
export function adds(): string {
  let text = "x";
  text += count;
  text += flag;
  text += maybe;
  text += "y";
  let total = 1;
  total += 2;
  return text + String(total) + String(symbol);
}
export const minus = [-count, -big, -list, -"x", -maybe!, -flag];
