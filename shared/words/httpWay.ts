import { percentEncoded } from "../model/plainText.ts";

/** A command in backticks, as `say` and the messages write it. */
const COMMAND = /`ossnap ([^`]+)`/g;
/** One word for a POSIX shell: plain, or in single quotes. */
const WORD = /'((?:[^']|'\\'')*)'|[^\s']+/g;

type Way = (args: string[], options: ReadonlyMap<string, string[]>) => string | undefined;

const body = (value: object) => ` ${JSON.stringify(value)}`;
const segment = (name = "") => percentEncoded(name);

/** The route that does what a command does; `undefined` for what only a terminal can do. docs/http.md lists the routes. */
const WAYS: Readonly<Record<string, Way>> = {
  adopt: (_, options) => {
    const takeOver = options.get("--take-over");
    return `POST /adopt${options.has("--yes") ? body({ apply: true, ...(takeOver && { takeOver }) }) : ""}`;
  },
  backup: ([policy], options) => `POST /backups/${segment(policy)}${options.has("--dry-run") ? body({ dryRun: true }) : ""}`,
  copy: ([name]) => `POST /copies/${segment(name)}`,
  delete: ([snapshot], options) => {
    const repository = options.get("--repository")?.[0];
    return `POST /deletions${body({ repository, ...(snapshot === undefined ? { broken: true } : { snapshot }) })}`;
  },
  jobs: ([what, id], options) => {
    if (what === "show") return `GET /jobs/${segment(id)}?look=true`;
    if (what === "cancel") return `DELETE /jobs/${segment(id)}`;
    const kind = options.get("--kind");
    return `GET /jobs${kind ? `?kind=${kind[0]}` : ""}`;
  },
  migrate: ([what, name], options) => {
    const kmsKey = options.get("--kms-key")?.[0];
    if (what === "policies") return `GET /migrations/${segment(name)}/policies${kmsKey === undefined ? "" : `?kmsKey=${segment(kmsKey)}`}`;
    if (what === "status") return name === undefined ? "GET /migrations" : `GET /migrations/${segment(name)}`;
    const start = options.has("--start") ? body({ start: true }) : "";
    return what === "sync" || what === "cutover" || what === "rollback" ? `POST /migrations/${segment(name)}/${what}${start}` : undefined;
  },
  pause: () => "POST /pause",
  prune: ([policy], options) => {
    const apply = options.get("--apply")?.[0];
    return `POST /prunes/${segment(policy)}${apply === undefined ? "" : body({ apply })}`;
  },
  repositories: ([what, name], options) => {
    if (what !== "register") return "GET /repositories";
    return `POST /repositories/${segment(name)}${options.has("--overwrite") ? body({ overwrite: true }) : ""}`;
  },
  restore: ([snapshot], options) => {
    const [repository, to] = [options.get("--repository")?.[0], options.get("--to")?.[0]];
    return `POST /restores${body({ snapshot, repository, to, ...(options.has("--start") && { start: true }) })}`;
  },
  shared: ([what, instance], options) => {
    if (what === "list") return `GET /clusters/${segment(instance)}/shared`;
    const cluster = options.get(what === "add" ? "--to" : "--from")?.[0];
    return `POST /clusters/${segment(cluster)}/shared/${what}${body({ instance, ...(options.has("--yes") && { apply: true }) })}`;
  },
  resume: () => "POST /resume",
  snapshots: ([place], options) => {
    const repository = options.get("--repository")?.[0];
    return place === undefined ? `GET /snapshots${repository === undefined ? "" : `?repository=${segment(repository)}`}` : undefined;
  },
  status: () => "GET /status",
  verify: ([repository]) => `POST /verifications${body({ repository })}`,
};

/**
 * Text for a caller of the HTTP function, who has no command line: each command in backticks becomes its route, with the body that it needs.
 * What only the command line can do keeps its command and says so.
 */
export function spelledForHttp(text: string): string {
  return text.replace(COMMAND, (_all, line: string) => {
    const [verb = "", ...words] = [...line.matchAll(WORD)].map(([word, quoted]) => quoted?.replaceAll("'\\''", "'") ?? word);
    const { args, options } = parted(words);
    const way = Object.hasOwn(WAYS, verb) ? WAYS[verb]?.(args, options) : undefined;
    return way === undefined ? `\`ossnap ${line}\` on the command line` : `\`${way}\``;
  });
}

/** Words before the first option, and each option with the words after it. */
function parted(words: readonly string[]): { args: string[]; options: Map<string, string[]> } {
  const args: string[] = [];
  const options = new Map<string, string[]>();
  let into = args;
  for (const word of words) {
    if (word.startsWith("--")) {
      into = [];
      options.set(word, into);
    } else into.push(word);
  }
  return { args, options };
}
