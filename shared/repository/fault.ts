import { closest, distance } from "fastest-levenshtein";
import { type Reason, type ReasonParam, reason } from "../model/reason.ts";

/** A mistake in the configuration: its path, the value found, why it is invalid and one action that fixes it. */
export interface Fault {
  /** Dotted: `settings.chunk_size`. */
  path: string;
  /** The value found, as text; `null` when it is missing, when it is a section, or when it must not be shown. */
  value: string | null;
  /** What is wrong, without the value. */
  wrong: string;
  reason: Reason;
  /** One action, without a trailing period. */
  fix: string;
}

/** Same shape as a fault, for values that work but cost money or have surprising effects. */
export type Warning = Fault;

export interface FaultOptions {
  value?: string | null;
  params?: Record<string, ReasonParam>;
}

export function fault(path: string, code: string, wrong: string, fix: string, options: FaultOptions = {}): Fault {
  return { path, value: options.value ?? null, wrong, reason: reason(code, options.params), fix };
}

/** `settings.chunk_size: above what type oss allows: "5gb", write 1mb to 1gb`. */
export function printFault({ path, value, wrong, fix }: Fault): string {
  const shown = value === null ? "" : `: ${JSON.stringify(value)}`;
  return `${path}: ${wrong}${shown}, ${fix}`;
}

/** Words that differ in more than this share of letters are treated as different words, not as typos. */
const SLIP_SHARE_MAX = 0.4;
/** Where a name consists of several words: `base_path`, `base-path`, `basePath`, `oss.client.base_path`. */
const WORD_BORDER = /[-_.\s]+|(?<=[a-z0-9])(?=[A-Z])/;

/**
 * The known word that was probably meant, or `undefined` when no word is close enough: the same letters written another way, one with few other
 * letters, or the only one that consists of all words of the given one and more (or of some of them).
 */
export function nearest(word: string, all: readonly string[]): string | undefined {
  const known = isOfSecret(word) ? all.filter(isOfSecret) : all;
  if (known.length === 0) return undefined;
  const folded = known.map(letters);
  const found = closest(letters(word), folded);
  const changes = distance(letters(word), found);
  const changesMax = Math.max(1, Math.floor(Math.max(letters(word).length, found.length) * SLIP_SHARE_MAX));
  if (changes <= changesMax || isTransposed(letters(word), found)) return known[folded.indexOf(found)];
  const related = known.filter((one) => holdsWords(one, word) || holdsWords(word, one));
  return related.length === 1 ? related[0] : undefined;
}

/** What people call secrets: `accessKeySecret` resembles `accessKeyId`, and whoever follows such a proposal publishes the secret. */
const SECRET_WORDS =
  /secret|pass(word|wd|phrase|code)?$|passw|pwd|token|credential|private|^sas|signature|(account|storage|shared|api|master)key$|^key$/;

function isOfSecret(name: string): boolean {
  return SECRET_WORDS.test(letters(name));
}

/** The same letters in another order: `wiat`. */
function isTransposed(word: string, known: string): boolean {
  const sorted = (text: string) => [...text].sort().join("");
  return sorted(word) === sorted(known);
}

/** A name without what separates its words. */
export function letters(name: string): string {
  return wordsOf(name).join("");
}

function wordsOf(name: string): string[] {
  return name
    .split(WORD_BORDER)
    .filter((part) => part !== "")
    .map((part) => part.toLowerCase());
}

function holdsWords(longer: string, shorter: string): boolean {
  const has = wordsOf(longer);
  const wanted = wordsOf(shorter);
  return wanted.length > 0 && wanted.every((part) => has.includes(part));
}

const NEAR_MAX = 3;

/** Up to three of the known names that a person probably meant: those that begin with the word or contain it, or the nearest one. */
export function nearNames(word: string, known: readonly string[]): string[] {
  const lower = word.toLowerCase();
  const parts = known.filter((name) => name.toLowerCase().startsWith(lower));
  const inside = parts.length > 0 ? parts : known.filter((name) => name.toLowerCase().includes(lower));
  if (inside.length > 0) return inside.slice(0, NEAR_MAX);
  const found = nearest(word, known);
  const name = known.find((one) => one.toLowerCase() === found?.toLowerCase());
  return name === undefined ? [] : [name];
}

/** `; perhaps nightly-1, nightly-2 or nightly-3 is meant`, or nothing. */
export function meantText(near: readonly string[]): string {
  return near.length === 0 ? "" : `; perhaps ${near.join(", ").replace(/, ([^,]*)$/, " or $1")} is meant`;
}

/** `did you mean "repository"?`, or the list of permitted values. */
export function didYouMean(word: string, known: readonly string[]): string {
  const found = nearest(word, known);
  if (found !== undefined) return `did you mean ${JSON.stringify(found)}?`;
  return known.length === 0 ? "remove it" : `use one of ${known.join(", ")}`;
}

/** `there is: lab`, `there are: lab, live`, `there are: none`: the names to choose from. */
export function thereText(names: readonly string[]): string {
  return `there ${names.length === 1 ? "is" : "are"}: ${names.join(", ") || "none"}`;
}
