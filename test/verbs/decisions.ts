import { isDeepStrictEqual } from "node:util";
import { Document, isMap, isSeq, visit } from "yaml";
import type { Decision } from "../../shared/jobs/kind.ts";
import type { Job } from "../../shared/jobs/record.ts";
import { causeOf, type Reason } from "../../shared/model/reason.ts";
import { EN } from "../../shared/words/en.ts";
import { say } from "../../shared/words/say.ts";

/** What a step decided for one case of its table. */
export interface Decided {
  name: string;
  job: Job;
  decision: Decision<unknown>;
}

/** A line may be longer by a key, and by a comma. */
const COLUMNS = 120;
/** What is written as data: in one line where it fits. */
const FLOW = ["args", "params", "data", "carry", "wayOutParams", "targets", "without", "newestGood", "refusal"];

/** Decides every case of a table: its name, the job, what was seen, and the time unless it does not matter. */
export function decide<I, D, O>(
  step: (job: Job<I, D>, seen: O, now: Date) => Decision<D>,
  now: Date,
  cases: readonly (readonly [name: string, job: Job<I, D>, seen: O, at?: Date])[],
): Decided[] {
  return cases.map(([name, job, seen, at]) => ({ name, job, decision: step(job, seen, at ?? now) }));
}

/** A table of decisions as YAML: for each case what is done, the reason with its sentence, and the data if it changed. */
export function decisionsText(decided: readonly Decided[]): string {
  return blocksText(decided.map(({ name, job, decision }) => ({ name, block: shown(job, decision) })));
}

/** Named blocks as YAML; what is data is written in one line where it fits. */
export function blocksText(blocks: readonly { name: string; block: Record<string, unknown> }[]): string {
  return blocks.map(({ name, block }) => blockText(name, block)).join("\n");
}

function shown(job: Job, decision: Decision<unknown>): Record<string, unknown> {
  const { code, params } = decision.reason;
  const why = { reason: code, params, says: say(decision.reason) };
  if (decision.do === "wait") return { wait: decision.own === true ? "own work" : "patience", ...why };
  const data = isDeepStrictEqual(decision.data, job.head.data) ? "unchanged" : decision.data;
  if (decision.do === "record") return { record: decision.state, ...why, data };
  const { effect, args, carry } = decision;
  return { effect, args, ...why, data, ...(carry === undefined ? {} : { carry: Object.keys(carry as object) }) };
}

function blockText(name: string, block: Record<string, unknown>): string {
  const document = new Document({ [name]: block }, { aliasDuplicateObjects: false });
  visit(document, {
    Pair: (_, { key, value }) => {
      const isPart = FLOW.includes(String(key));
      if (isPart && (isMap(value) || isSeq(value))) value.flow = true;
      return isPart ? visit.SKIP : undefined;
    },
  });
  return document.toString({ lineWidth: COLUMNS });
}

const PLACE = /\{(\w+)(?::(\w+)|\|[^{}]*)?\}/g;
/** Units of parameters that are left out of the sentence when they are absent. */
const OPTIONAL: readonly (string | undefined)[] = ["added", "wayOut", "eta", "rate", "meant", "took", "within"];

/** What is amiss in the sentences of a table: parameters that a reason does not give, and texts that read as unknown, empty or raw. */
export function faultySentences(cases: readonly { name: string; reasons: readonly Reason[] }[]): string[] {
  return cases.flatMap(({ name, reasons }) => reasons.flatMap(faultsOf).map((fault) => `${name}: ${fault}`));
}

function faultsOf({ code, params }: Reason): string[] {
  const template = EN[code];
  if (template === undefined) return [`${code} has no sentence`];
  const places = [...template.matchAll(PLACE)].filter(([, , unit]) => !OPTIONAL.includes(unit));
  const absent = places.filter(([, name = ""]) => (params[name] ?? "") === "").map(([place]) => `${code} lacks ${place}`);
  const inner = places
    .filter(([, , unit]) => unit === "reason")
    .flatMap(([, name = ""]) =>
      [params[name]]
        .flat()
        .slice(0, 1)
        .map((word) => ({ name, word })),
    );
  const text = say({ code, params });
  const raw = /–|undefined|NaN|\[object|Infinity|\bnull\b/.test(text) ? [`"${text}"`] : [];
  return [
    ...absent,
    ...raw,
    ...inner.flatMap(({ name, word }) =>
      typeof word === "string" ? faultsOf(name === "because" ? causeOf(word, params) : { code: word, params }) : [],
    ),
  ];
}
