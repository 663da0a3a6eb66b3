import * as z from "zod";
import type { ApiCall } from "./api.ts";

const texts = z.array(z.string());
const reason = z.looseObject({ code: z.string(), params: z.record(z.string(), z.unknown()) });
const reasons = z.array(reason);
const list = <S extends z.ZodType>(row: S) => z.looseObject({ data: z.array(row), warnings: z.array(z.looseObject({})).optional() });
const rows = z.array(z.looseObject({}));
const named = z.array(z.looseObject({ name: z.string() }));

const job = z.looseObject({
  ...{ id: z.string(), kind: z.string(), about: z.string(), state: z.string(), reason, by: z.string() },
  ...{ since: z.string(), at: z.string() },
});
const pin = z.looseObject({ repository: z.string(), name: z.string(), because: z.string(), by: z.string(), at: z.string() });
const repository = z.looseObject({ name: z.string(), cluster: z.string(), state: z.string(), reason });
const registration = z.looseObject({
  wanted: z.looseObject({ name: z.string() }),
  registered: z.looseObject({ state: z.string(), reason }),
});

/**
 * What the verbs read of each answer, as far as it is the same in every version: `202` is a job, everything else by route. Members that a later
 * version adds are no fault; what lacks one of these is no answer that could be shown.
 */
const ROUTES: readonly [method: ApiCall["method"], path: RegExp, answer: z.ZodType][] = [
  ["GET", /^\/status$/, z.looseObject({ paused: z.boolean(), late: rows, open: z.array(job), policies: rows, coverage: rows })],
  [
    "GET",
    /^\/snapshots$/,
    list(z.looseObject({ name: z.string(), repository: z.string(), state: z.string(), startTime: z.string(), indices: texts })),
  ],
  ["GET", /^\/repositories$/, list(repository)],
  ["POST", /^\/repositories\/[^/]+$/, z.union([registration, repository])],
  ["GET", /^\/jobs$/, list(job)],
  ["GET", /^\/jobs\/[^/]+$/, job.extend({ history: rows })],
  ["DELETE", /^\/jobs\/[^/]+$/, job],
  ["POST", /^\/jobs\/[^/]+\/resume$/, job],
  [
    "POST",
    /^\/jobs\/[^/]+\/rollback$/,
    z.looseObject({ restore: z.string(), cluster: z.string(), moves: rows, refusal: reason.nullable() }),
  ],
  ["GET", /^\/pins$/, list(pin)],
  ["POST", /^\/pins$/, pin],
  ["DELETE", /^\/pins\//, pin],
  ["POST", /^\/(pause|resume)$/, z.looseObject({ paused: z.boolean() })],
  ["POST", /^\/adopt$/, z.looseObject({ findings: rows, missing: z.number() })],
  [
    "POST",
    /^\/backups\//,
    z.looseObject({ policy: z.string(), snapshot: z.string(), indices: rows, bytes: z.number(), leftOut: rows, remarks: reasons }),
  ],
  ["POST", /^\/copies\//, z.looseObject({ copy: z.string(), snapshots: texts, missing: z.looseObject({}), requests: z.looseObject({}) })],
  ["POST", /^\/prunes\//, z.looseObject({ hash: z.string(), keep: named, remove: named, later: named, uncovered: texts })],
  ["POST", /^\/deletions$/, z.looseObject({ hash: z.string(), keep: named, remove: named, notes: reasons })],
  [
    "POST",
    /^\/restores$/,
    z.looseObject({ checks: rows, refused: z.boolean(), targets: rows, snapshot: z.looseObject({ name: z.string() }) }),
  ],
  ["POST", /^\/imports\/curator$/, z.looseObject({ yaml: z.string(), notes: reasons })],
  ["GET", /^\/migrations$/, list(z.looseObject({ migration: z.string(), state: z.string(), next: z.array(z.unknown()) }))],
  ["GET", /^\/migrations\/[^/]+\/policies$/, z.looseObject({ repository: z.string(), cluster: z.string(), notes: reasons })],
  ["POST", /^\/migrations\//, z.looseObject({ migration: z.string(), checks: rows, refused: z.boolean() })],
  ["GET", /^\/clusters\/[^/]+\/shared$/, z.looseObject({ cluster: z.string(), shared: rows, alternatives: texts })],
  [
    "POST",
    /^\/clusters\/[^/]+\/shared\//,
    z.looseObject({ instance: z.string(), warnings: reasons, refusals: reasons, done: z.boolean() }),
  ],
];

/** Which member of an answer is not as its route has it; `undefined` when all are. An answer of a route that is not listed is any object. */
export function wrongMember({ method, path }: Pick<ApiCall, "method" | "path">, status: number, body: unknown): string | undefined {
  const answer = status === 202 ? job : ROUTES.find(([one, at]) => one === method && at.test(path))?.[2];
  const { error } = (answer ?? z.looseObject({})).safeParse(body);
  return error && (error.issues[0]?.path.join(".") || "the answer");
}
