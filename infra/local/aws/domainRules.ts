/** What Amazon's managed service answers in place of Elasticsearch, or changes in its answers. Pure. */
export interface AskedRequest {
  method: string;
  /** Without the query, decoded. */
  path: string;
  body: unknown;
}

export interface Caller {
  arn: string;
  /** `es:ESHttpGet`, …; `es:ESHttp*` allows them all. */
  actions: readonly string[];
  /** Roles that it may pass. */
  passes: readonly string[];
}

export interface Refusal {
  status: number;
  message: string;
}

/**
 * Which of them is documented and which was reported (none was measured on the service itself):
 * - documented (managedomains-snapshots.html, supported-operations.html, handling-errors.html): actions, PassRole and its text, names that begin with
 *   `cs-`, type s3 only, settings of `_cluster/settings` in flat form, `_close` not before 7.4
 * - reported: the text about role_arn (elastic/curator#1416); 401 with "Your request: '…' is not allowed." (elastic/curator#717,
 *   chef/automate#4963) and "payload is not allowed" (Esri/geoportal-server-catalog#597); plain `_settings` (openedx/course-discovery#4325)
 * - assumed: the status of the text about role_arn, and the texts for another type, for `cs-`, and for writing to Amazon's own repositories
 */
export function refusalOf(asked: AskedRequest, caller: Caller, version: string): Refusal | undefined {
  const action = `es:ESHttp${asked.method.charAt(0)}${asked.method.slice(1).toLowerCase()}`;
  if (!caller.actions.some((allowed) => allowed === action || allowed === "es:ESHttp*"))
    return { status: 403, message: `User: ${caller.arn} is not authorized to perform: ${action}` };
  return registrationRefusal(asked, caller) ?? operationRefusal(asked, version);
}

function registrationRefusal({ method, path, body }: AskedRequest, caller: Caller): Refusal | undefined {
  const [, repository, rest] = /^\/_snapshot\/([^/]+)(\/.+)?$/.exec(path) ?? [];
  if (repository === undefined || method === "GET") return undefined;
  const isReading = method === "POST" && rest !== undefined && rest.endsWith("/_restore");
  if (repository.startsWith("cs-")) return isReading ? undefined : notAllowed(path);
  if (rest !== undefined || method === "DELETE") return undefined;
  const { type, settings = {} } = (body ?? {}) as { type?: unknown; settings?: Record<string, unknown> };
  if (type !== "s3") return { status: 401, message: `Your request: '${path}' payload is not allowed.` };
  if (typeof settings.role_arn !== "string") return { status: 400, message: "settings.role_arn is needed for snapshot registration." };
  if (caller.passes.includes(settings.role_arn)) return undefined;
  return { status: 403, message: `User: ${caller.arn} is not authorized to perform: iam:PassRole on resource: ${settings.role_arn}` };
}

const CLUSTER_SETTINGS = [
  ...["action.auto_create_index", "action.search.shard_count.limit", "cluster.max_shards_per_node"],
  ...["indices.breaker.fielddata.limit", "indices.breaker.request.limit", "indices.breaker.total.limit"],
];

function operationRefusal({ method, path, body }: AskedRequest, version: string): Refusal | undefined {
  if (path === "/_settings") return notAllowed(path);
  if (/\/_close$/.test(path) && isBefore(version, 7, 4)) return notAllowed(path);
  if (path !== "/_cluster/settings" || method !== "PUT") return undefined;
  const names = Object.values((body ?? {}) as Record<string, object>).flatMap((part) => Object.keys(part));
  if (names.every((name) => CLUSTER_SETTINGS.includes(name))) return undefined;
  return { status: 401, message: `Your request: '${path}' payload is not allowed.` };
}

function notAllowed(path: string): Refusal {
  return { status: 401, message: `Your request: '${path}' is not allowed.` };
}

function isBefore(version: string, major: number, minor: number): boolean {
  const [ours = 0, oursMinor = 0] = version.split(".").map(Number);
  return ours < major || (ours === major && oursMinor < minor);
}

/**
 * An answer as Amazon shows it. The cluster state lacks the settings of indices (reported for 5.1: elastic/curator#880,
 * mobz/elasticsearch-head#313), `_nodes` the paths of data (documented), and the list of repositories has Amazon's own.
 */
export function shownAnswer(path: string, answer: unknown): unknown {
  if (!isRecord(answer)) return answer;
  if (path.startsWith("/_cluster/state")) return withoutIndexSettings(answer);
  if (path === "/_snapshot" || path === "/_snapshot/_all") return { "cs-automated": { type: "s3" }, ...answer };
  return answer;
}

function withoutIndexSettings(state: Record<string, unknown>): unknown {
  const { metadata } = state;
  if (!isRecord(metadata) || !isRecord(metadata.indices)) return state;
  const indices = Object.entries(metadata.indices).map(([name, index]) => {
    const { settings: _, ...rest } = index as Record<string, unknown>;
    return [name, rest] as const;
  });
  return { ...state, metadata: { ...metadata, indices: Object.fromEntries(indices) } };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
