/** The title in at most `length` characters, with an ellipsis where it was cut. */
export function shorten(title: string, length: number): string {
  const tidy = title.trim().replace(/\s+/gu, " ");
  const characters = Array.from(tidy);
  if (characters.length <= length) {
    return tidy;
  }
  return `${characters
    .slice(0, length - 1)
    .join("")
    .trimEnd()}…`;
}
