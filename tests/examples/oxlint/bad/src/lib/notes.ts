/* eslint-disable */
export function parse(text: string): { title: string } {
  return JSON.parse(text);
}

export function load(row: any): string {
  console.log(row); // eslint-disable-line no-console
  if (row == null) {
    throw "no row";
  }
  return row.title;
}

export async function save(write: () => Promise<void>): Promise<void> {
  write();
}
