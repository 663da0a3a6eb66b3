import { reason } from "../../../shared/model/reason.ts";
import {
  AS,
  ago,
  all,
  behind,
  cancelling,
  claim,
  DONE,
  HOLDER,
  job,
  MINUTE_MS,
  no,
  OLD,
  OTHER,
  type Row,
  SECOND,
  SECOND_DONE,
  STUCK,
  seen,
  stars,
  TARGET,
  there,
} from "./stepSetting.ts";

const CUT_OVER = { unchanged: { cluster: "source", patterns: ["movies"], indices: {} } };

export const serving = (): Row[] => [
  [
    "a primary stopped after it was counted",
    job("restored", { targets: [SECOND_DONE, DONE] }),
    seen([stars(), all({ primariesActive: 1 })]),
  ],
  ["a primary stopped after it served", job("served", { targets: [DONE] }), seen([all({ primariesActive: 2 })])],
  ["replicas are raised", job("restored", { targets: [DONE, SECOND_DONE] }), seen([all(), stars({ replicas: 1 })])],
  ["the cluster sets the replicas by itself", job("restored", { targets: [DONE] }), seen([all({ replicas: 1, expands: true })])],
  [
    "replicas are requested for the third time",
    job("restored", { targets: [DONE], head: claim("setReplicas", { attempt: 2 }) }),
    seen([all({ replicas: 1 })]),
  ],
  [
    "replicas had no effect three times",
    job("restored", { targets: [DONE], head: claim("setReplicas", { attempt: 3 }) }),
    seen([all({ replicas: 1 })]),
  ],
  [
    "replicas were refused three times",
    job("restored", {
      targets: [DONE],
      head: {
        ...claim("setReplicas", { attempt: 3, refused: true }),
        reason: reason("effect.refused", { message: "this would add 6 shards" }),
      },
    }),
    seen([all({ replicas: 1 })]),
  ],
  [
    "replicas were refused without a word",
    job("restored", { targets: [DONE], head: claim("setReplicas", { attempt: 4, refused: true }) }),
    seen([all({ replicas: 1 })]),
  ],
  [
    "another effect was tried three times",
    job("restored", { targets: [DONE], head: claim("swapAlias", { attempt: 3 }) }),
    seen([all({ replicas: 1 })]),
  ],
  ["it serves without the replicas", job("restored", { targets: [DONE], replicasRefused: STUCK }), seen([all({ replicas: 1 })])],
  [
    "replicas are not assigned yet",
    job("restored", { targets: [DONE], ageMs: 10 * MINUTE_MS - 1 }),
    seen([all({ green: false, unassigned: 6 })]),
  ],
  [
    "replicas are not assigned for ten minutes",
    job("restored", { targets: [DONE], ageMs: 10 * MINUTE_MS }),
    seen([all({ green: false, unassigned: 6 })]),
  ],
  [
    "there are no nodes for the replicas",
    job("restored", { targets: [DONE] }),
    seen([all({ green: false, unassigned: 6 })], { dataNodes: 2 }),
  ],
  [
    "the alias can never move",
    job("restored", { targets: [DONE] }),
    seen([all()], { aliasFault: reason("alias.isIndex", { alias: "films" }) }),
  ],
  [
    "the alias cannot move for now",
    job("restored", { targets: [DONE] }),
    seen([all()], { aliasBlocked: reason("alias.blocked", { alias: "films", index: "movies-old", block: "read_only" }) }),
  ],
  [
    "what serves was written to",
    job("restored", { targets: [DONE] }),
    seen([all()], {
      written: reason("restore.writtenSince", { alias: "films", index: "movies-old", job: "restore-1", writes: 2, documents: 3, found: 5 }),
    }),
  ],
  [
    "what serves was written to, and a person said that the alias moves",
    job("restored", { targets: [DONE], goesOn: true }),
    seen([all()], {
      written: reason("restore.writtenSince", { alias: "films", index: "movies-old", job: "restore-1", writes: 2, documents: 3, found: 5 }),
    }),
  ],
  [
    "what serves was written to during a cut-over",
    job("restored", { targets: [DONE], input: CUT_OVER }),
    seen([all()], {
      written: reason("migration.targetWritten", {
        target: "target",
        alias: "films",
        index: "movies-old",
        writes: 2,
        documents: 3,
        found: 5,
      }),
    }),
  ],
  [
    "the alias cannot move for now during a cut-over",
    job("restored", { targets: [DONE], input: CUT_OVER }),
    seen([all()], { aliasBlocked: reason("alias.blocked", { alias: "films", index: "movies-old", block: "read_only" }) }),
  ],
  [
    "the alias moved before it was blocked",
    job("served", { targets: [DONE], before: [OLD] }),
    seen([all()], { aliasBlocked: reason("alias.blocked", { alias: "films", index: AS, block: "read_only" }) }),
  ],
  [
    "the alias still cannot move",
    job("restored", { targets: [DONE], head: { reason: reason("alias.blocked", { index: "movies-old" }) } }),
    seen([all()], { aliasBlocked: reason("alias.blocked", { alias: "films", index: "movies-old", block: "read_only" }) }),
  ],
  ["the alias moves", job("restored", { targets: [DONE] }), seen([all()])],
  [
    "the alias is on the restored index and on another",
    job("restored", { targets: [DONE] }),
    seen([all()], { aliases: behind([HOLDER, OLD]) }),
  ],
  ["its index served, and was deleted after a newer one", job("served", { targets: [DONE], before: [OLD] }), seen([no()])],
  ["its index served and was settled, and was deleted after a newer one", job("settled", { targets: [DONE], before: [OLD] }), seen([no()])],
  ["the alias moved", job("served", { targets: [DONE], before: [OLD] }), seen([all()])],
  [
    "the alias is on the restored index alone",
    job("restored", { targets: [DONE], before: [OLD] }),
    seen([all()], { aliases: behind([HOLDER]) }),
  ],
  [
    "there is no alias",
    job("restored", { targets: [DONE, SECOND_DONE], input: { alias: undefined, watch: undefined } as never }),
    seen([all(), stars()], { aliases: behind([]) }),
  ],
  ["it is done", job("settled", { targets: [DONE, SECOND_DONE], before: [OLD] }), seen([all(), stars({ green: false })])],
  ["it is done without an alias", job("settled", { targets: [DONE], input: { alias: undefined } }), seen([all()])],
  ["a record of an earlier version has no count", job("settled", { targets: [DONE, SECOND] }), seen([all(), stars()])],
];
export const undoing = (): Row[] => [
  ["it is cancelled before it began", job("planned", { head: cancelling }), seen([no()])],
  [
    "it is cancelled while an index is there",
    job("restoring", { targets: [TARGET, SECOND], head: cancelling }),
    seen([no(), there({ as: OTHER, uuid: "uuid-stars" })]),
  ],
  ["it is cancelled while another's index has its name", job("planned", { head: cancelling }), seen([there({ there: "foreign" })])],
  [
    "it is cancelled after a person gave its index an alias",
    job("restored", { targets: [DONE, SECOND_DONE], head: cancelling }),
    seen([all({ aliases: ["by-hand"] }), stars()]),
  ],
  [
    "it is cancelled while it serves, before the swap is recorded",
    job("restored", { targets: [DONE], before: [OLD], head: cancelling }),
    seen([all()], { aliases: behind([HOLDER]) }),
  ],
  [
    "it is cancelled while it is one of several behind the alias",
    job("restored", { targets: [DONE], before: [OLD], head: cancelling }),
    seen([all()], { aliases: behind([OLD, HOLDER]) }),
  ],
  [
    "it is cancelled while its index has the alias, and it swapped nothing",
    job("restored", { targets: [DONE], head: cancelling }),
    seen([all()], { aliases: behind([HOLDER]) }),
  ],
  ["it is cancelled before the alias moves", job("restored", { targets: [DONE], before: [OLD], head: cancelling }), seen([all()])],
  ["it is cancelled after it is settled", job("settled", { targets: [DONE], head: cancelling }), seen([all()])],
  ["it fails, and its index is deleted", job("freeing", { failing: STUCK }), seen([there()])],
  ["it fails, and its index is gone", job("freeing", { failing: STUCK }), seen([no()])],
  ["it fails, and its index serves", job("freeing", { failing: STUCK }), seen([there({ aliases: ["films", "cinema"] })])],
  [
    "it fails for a reason that wraps another",
    job("freeing", { failing: reason("job.patience", { until: ago(0), because: "restore.stuck", ...STUCK.params }) }),
    seen([there({ aliases: ["films"] })]),
  ],
];
