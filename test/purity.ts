import { transformSync } from "esbuild";

/** What pure code must not use. Looked for in JavaScript without types and comments. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  // Allowed: `new Date(value)`, `Date.UTC(…)`, `x instanceof Date`.
  ["the clock", /(?<!\binstanceof )(?<!\bnew )\bDate\b(?!\.UTC\()|\bnew Date\b(?!\(\s*[^)\s])/],
  ["randomness", /\bMath\s*\.\s*random\b|\bMath\s*\[|\brandom(UUID|Bytes|Int|Fill|FillSync)\b|\bgetRandomValues\b/],
  ["timers", /\b(setTimeout|setInterval|setImmediate|queueMicrotask|performance|hrtime)\b/],
  ["the process or the network", /\b(process|fetch|globalThis|require|eval)\s*[.([]/],
];
/** The names that pure code may import from Node: functions of bytes alone. Other packages: pure ones that are listed here. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  "node:buffer": ["isUtf8"],
  "node:crypto": ["createHash", "createHmac"],
  "node:zlib": ["inflateRawSync"],
  "fastest-levenshtein": ["closest", "distance"],
  croner: ["Cron"],
};

/** Why a source is not pure; empty when it is. */
export function impurities(source: string): string[] {
  const { code } = transformSync(source, { loader: "ts", legalComments: "none" });
  const bare = code.replace(/^import .*$/gm, "").replace(/"(?:\\.|[^"\\])*"/g, '""');
  const found = FORBIDDEN.filter(([, pattern]) => pattern.test(bare)).map(([what]) => what);
  for (const [, names = "", module = ""] of code.matchAll(/^import\s+(?:([^;"]*?)\s+from\s+)?"([^".][^"]*)"/gm)) {
    const taken = /^\{([^}]*)\}$/
      .exec(names.trim())?.[1]
      ?.split(",")
      .map((name) => name.trim());
    if (!taken?.every((name) => MODULES[module]?.includes(name))) found.push(`${names} from ${module}`);
  }
  return found;
}
