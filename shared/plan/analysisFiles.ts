import type { ClosureIndex } from "../model/repository.ts";

/**
 * Settings of analysis components whose values are files in a node's `config` folder: everything that ends with `_path` (stop words, synonyms,
 * keywords, word lists, hyphenation patterns …), dictionaries of kuromoji and nori, and rules of ICU.
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.10/analysis-tokenfilters.html
 */
const FILE_SETTING = /^index\.analysis\.[a-z_]+\.(.+)\.([a-z_]+_path|user_dictionary|rule_files)(?:\.\d+)?$/;
/** The dictionary's folder has the name of the locale, under any of these settings. */
const HUNSPELL_LOCALE = ["locale", "language", "lang"];

/** Files that every node must have before the index can start, sorted: `analysis/stop.txt`, `hunspell/de_DE`. */
export function analysisFiles({ settings }: Pick<ClosureIndex, "settings">): string[] {
  const files = new Set<string>();
  for (const [key, value] of Object.entries(settings)) {
    if (FILE_SETTING.test(key)) for (const file of listOf(value)) files.add(file);
    const [, filter] = /^index\.analysis\.filter\.(.+)\.type$/.exec(key) ?? [];
    if (filter === undefined || value !== "hunspell") continue;
    const named = HUNSPELL_LOCALE.map((field) => settings[`index.analysis.filter.${filter}.${field}`]).find((locale) => locale);
    files.add(`hunspell/${named ?? "*"}`);
  }
  return [...files].sort();
}

/** A list is JSON or joined by commas; ICU puts the script before the file: `Latn:rules.rbbi`. */
function listOf(value: string): string[] {
  return value
    .replace(/^\[|\]$/g, "")
    .split(",")
    .map((one) =>
      one
        .trim()
        .replace(/^"|"$/g, "")
        .replace(/^[A-Z][a-z]{3}:/, ""),
    )
    .filter((one) => one !== "");
}
