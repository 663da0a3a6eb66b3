/** What of a path and query is no percent-encoding of UTF-8, in words; `undefined` when all of it can be decoded. */
export function encodingFault(url: string): string | undefined {
  const mark = url.indexOf("?");
  const parts: [what: string, text: string][] =
    mark < 0
      ? [["path", url]]
      : [
          ["path", url.slice(0, mark)],
          ["query", url.slice(mark + 1)],
        ];
  for (const [what, text] of parts) {
    try {
      decodeURIComponent(text);
    } catch {
      return `the ${what} is not properly encoded: write each % as %25, and other bytes as UTF-8`;
    }
  }
  return undefined;
}
