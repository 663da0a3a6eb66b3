/** What the characters of a text take, in bytes: one beyond Latin-1 doubles all of them. */
export function textBytes(text: string): number {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0xff) return 2 * text.length;
  return text.length;
}

/** A part of a text keeps the whole text in memory. In UTF-16 a text of Latin-1 would take twice as much. */
function ownCopy(text: string): string {
  const encoding = textBytes(text) === text.length ? "latin1" : "utf16le";
  return Buffer.from(text, encoding).toString(encoding);
}

/** The text, or a copy of its first characters. */
export function cutText(text: string, charactersMax: number): string {
  return text.length > charactersMax ? ownCopy(text.slice(0, charactersMax)) : text;
}
