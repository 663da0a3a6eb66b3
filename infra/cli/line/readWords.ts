import { CommanderError } from "commander";
import { nearest } from "../../../shared/repository/fault.ts";

/** Value of `--wait` without a time. */
const WAIT_DEFAULT = "30m";

/** A snapshot's uuid that begins with a hyphen, as one of 64 does; an option has no capitals, digits or underscores. */
const UUID_LIKE_OPTION = /^-(?![a-z-]+$)[A-Za-z0-9_-]{21}$/;

/** `help`, `help VERB` and `help --help` in the one form that is known everywhere: `VERB --help`. */
export function asHelpOption(given: readonly string[], valued: ReadonlySet<string>): readonly string[] {
  const first = given.findIndex((word, at) => !word.startsWith("-") && !valued.has(given[at - 1] ?? ""));
  if (given[first] !== "help") return given;
  const words = given.filter((_, at) => at !== first);
  return words.some((word) => word === "--help" || word === "-h") ? words : [...words, "--help"];
}

/**
 * The words of a line in the form that commander reads: `--wait`, alone or followed by a time, becomes one word.
 * A uuid that begins with a hyphen moves behind `--`, where commander does not take it for an option.
 * An option whose value is missing is a fault when another option follows, because commander would take that one as the value.
 * @param valued the options that require a value: `--key`.
 * @throws CommanderError
 */
export function readWords(given: readonly string[], valued: ReadonlySet<string>): string[] {
  const end = given.includes("--") ? given.indexOf("--") : given.length;
  const isUuid = (word: string, at: number) => UUID_LIKE_OPTION.test(word) && !valued.has(given[at - 1] ?? "");
  const uuids = given.slice(0, end).filter(isUuid);
  const words = optionWords(
    given.slice(0, end).filter((word, at) => !isUuid(word, at)),
    valued,
  );
  const last = [...uuids, ...given.slice(end + 1)];
  return end < given.length || last.length > 0 ? [...words, "--", ...last] : words;
}

function optionWords(given: readonly string[], valued: ReadonlySet<string>): string[] {
  const words: string[] = [];
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] as string;
    const next = given[at + 1];
    if (valued.has(word) && next?.startsWith("--") && !UUID_LIKE_OPTION.test(next)) throw missing(word, next);
    if (word !== "--wait") words.push(word);
    else if (next !== undefined && /^\d/.test(next)) {
      words.push(`--wait=${next}`);
      at += 1;
    } else words.push(`--wait=${WAIT_DEFAULT}`);
  }
  return words;
}

function missing(option: string, next: string): CommanderError {
  return new CommanderError(2, "ossnap.missingValue", `error: option '${option}' argument missing: ${next} follows`);
}

/** What makes a verb act, after it only showed: each verb knows one of them. */
const ACTING = ["--start", "--yes", "--apply"];

/** Adds the nearest known option to the message about an unknown one, or all of them when none is near. */
export function withSuggestion(message: string, known: readonly string[]): string {
  const [first = ""] = message.split("\n");
  const flag = /'(--?[^'=]*)/.exec(first)?.[1];
  if (flag === undefined) return message;
  const bare = (option: string) => option.replace(/^-+/, "");
  const acting = ACTING.includes(flag) ? known.find((option) => ACTING.includes(option)) : undefined;
  const near = acting === undefined ? nearest(bare(flag), known.map(bare)) : bare(acting);
  return near === undefined ? `${first}\n(Use one of ${known.join(", ")}.)` : `${first}\n(Did you mean --${near}?)`;
}
