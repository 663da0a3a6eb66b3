import { errors } from "@elastic/elasticsearch";
import { describe, expect, it } from "vitest";
import { faultOf, toAppError } from "../../../shared/adapters/elasticsearch/errors/errors.ts";
import type { ErrorCode } from "../../../shared/model/errors.ts";

const context = {
  cluster: "source",
  url: "http://127.0.0.1:9252",
  username: "elastic",
  subject: "snapshot backups:night-1",
  secrets: ["planted-secret"],
};

interface Row {
  server: string;
  status: number;
  type: string;
  text: string;
  code: ErrorCode;
}

/** Responses of real servers. */
const rows: Row[] = [
  row("5.5.3", 503, "concurrent_snapshot_execution_exception", "[r:run]a snapshot is already running", "conflict"),
  row("6.7.0", 503, "concurrent_snapshot_execution_exception", "[r:run]  a snapshot is already running", "conflict"),
  row("5.5.3", 503, "concurrent_snapshot_execution_exception", "[r:run/u] Restore process is already running in this cluster", "conflict"),
  row("5.5.3", 503, "concurrent_snapshot_execution_exception", "[r:run/u] cannot delete snapshot during a restore", "conflict"),
  row(
    "2.4.6",
    400,
    "invalid_snapshot_name_exception",
    "[r:run] Invalid snapshot name [run], snapshot with such name already exists",
    "conflict",
  ),
  row(
    "5.5.3",
    400,
    "invalid_snapshot_name_exception",
    "[r:run]Invalid snapshot name [run], snapshot with the same name already exists",
    "conflict",
  ),
  row(
    "7.10.2",
    400,
    "invalid_snapshot_name_exception",
    "[r:run] Invalid snapshot name [run], snapshot with the same name is already in-progress",
    "conflict",
  ),
  row(
    "8.17.0",
    400,
    "snapshot_name_already_in_use_exception",
    "[r:run] Invalid snapshot name [run], snapshot with the same name already exists",
    "conflict",
  ),
  row("5.5.3", 400, "invalid_snapshot_name_exception", "[r:UPPER]Invalid snapshot name [UPPER], must be lowercase", "invalid"),
  row("5.5.3", 500, "snapshot_restore_exception", "[r:snap-2/u] cannot restore index [fx-logs] because it's open", "conflict"),
  row(
    "7.10.2",
    500,
    "snapshot_restore_exception",
    "[r:s/u] cannot restore index [fx-logs] because an open index with same name already exists in the cluster. Either close or delete the existing index or restore the index under a different name by providing a rename pattern and replacement name",
    "conflict",
  ),
  row(
    "5.5.3",
    500,
    "snapshot_restore_exception",
    "[r:s/u] cannot restore index [fx-orders] with [3] shard from snapshot with [2] shards",
    "invalid",
  ),
  row("5.5.3", 500, "snapshot_restore_exception", "[r:nosuch]snapshot does not exist", "invalid"),
  row(
    "7.10.2",
    500,
    "snapshot_restore_exception",
    "[r:snap-partial/u] index [fx-unalloc] wasn't fully snapshotted - cannot restore",
    "invalid",
  ),
  row(
    "8.17.0",
    500,
    "snapshot_restore_exception",
    "[r:snap-3/u] the snapshot was created with Elasticsearch version [5.5.2] which is below the current versions minimum index compatibility version [7.0.0]",
    "invalid",
  ),
  row("5.5.3", 500, "illegal_state_exception", "trying to modify or unregister repository that is currently used ", "conflict"),
  row(
    "9.2.0",
    409,
    "repository_conflict_exception",
    "[r] trying to modify or unregister repository that is currently used (snapshot is in progress)",
    "conflict",
  ),
  row(
    "5.5.2",
    400,
    "illegal_argument_exception",
    "Cannot delete indices that are being snapshotted: [[fx-big/u]]. Try again after snapshot finishes or cancel the currently running snapshot.",
    "conflict",
  ),
  row(
    "6.7.0",
    400,
    "snapshot_in_progress_exception",
    "Cannot delete indices that are being snapshotted: [[fx-big/u]]. Try again after snapshot finishes or cancel the currently running snapshot.",
    "conflict",
  ),
  row("5.5.3", 400, "illegal_argument_exception", "Cannot close indices that are being restored: [[mv-2/u]]", "conflict"),
  row(
    "7.10.2",
    400,
    "invalid_alias_name_exception",
    "Invalid alias name [other], an index exists with the same name as the alias",
    "conflict",
  ),
  row(
    "9.2.0",
    400,
    "invalid_alias_name_exception",
    "Invalid alias name [movies]: an index or data stream exists with the same name as the alias",
    "conflict",
  ),
  row("5.5.3", 404, "repository_missing_exception", "[nosuch] missing", "absent"),
  row("7.10.2", 404, "index_not_found_exception", "no such index [nosuch]", "absent"),
  row("7.10.2", 404, "snapshot_missing_exception", "[r:good2] is missing", "absent"),
  row("7.10.2", 404, "snapshot_missing_exception", "[r:good2/d27x-PsXRT2UL2CvRPToBw] is missing", "transient"),
  row("5.5.3", 404, "snapshot_missing_exception", "[r:good2/8drL4jyWQHeFiTrxIR3Qyw]  is missing", "transient"),
  row("5.5.3", 500, "snapshot_exception", "[r:good2/8drL4jyWQHeFiTrxIR3Qyw] Snapshot could not be read", "transient"),
  row("2.4.6", 403, "index_closed_exception", "closed", "invalid"),
  row("6.7.0", 403, "cluster_block_exception", "blocked by: [FORBIDDEN/4/index closed];", "invalid"),
  row("5.5.3", 403, "cluster_block_exception", "blocked by: [FORBIDDEN/5/index read-only (api)];", "refused"),
  row("6.7.0", 403, "cluster_block_exception", "blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];", "refused"),
  row("7.10.2", 403, "cluster_block_exception", "index [movies] blocked by: [FORBIDDEN/9/index metadata (api)];", "refused"),
  row("5.5.3", 503, "cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/2/no master];", "transient"),
  row("5.5.3", 500, "repository_exception", "[rr] repository type [oss] does not exist", "invalid"),
  row(
    "7.10.2",
    500,
    "repository_exception",
    "[rr] location [/nonexist] doesn't match any of the locations specified by path.repo: failed to create repository",
    "invalid",
  ),
  row(
    "8.17.0",
    500,
    "repository_exception",
    "[sp-rw] The repository has been disabled to prevent data corruption because its contents were found not to match its expected state.",
    "refused",
  ),
  row(
    "8.17.0",
    500,
    "repository_exception",
    "[sp-rw] concurrent modification of the index-N file, expected current generation [0] but it was not found in the repository.",
    "refused",
  ),
  row(
    "7.10.2",
    500,
    "repository_exception",
    "[r] Could not read repository data because the contents of the repository do not match its expected state.",
    "refused",
  ),
  row("5.5.3", 500, "repository_exception", "[r] could not read repository data from index blob", "transient"),
  row("7.10.2", 500, "repository_exception", "[r] could not read repository data: Unexpected character ('x' (code 120))", "permanent"),
  row("7.10.2", 500, "repository_exception", "[r] could not read repository data: Unexpected end-of-input", "transient"),
  row("5.5.3", 500, "illegal_state_exception", "Can't get text on a FIELD_NAME at 1:222", "permanent"),
  row("6.7.0", 400, "parse_exception", "unknown field name  [min_version]", "permanent"),
  row("6.7.0", 400, "parse_exception", "start object expected index[min_version]", "permanent"),
  row("6.7.0", 400, "parse_exception", "Detected a corrupted repository, index [a/b] references an unknown snapshot uuid [c]", "permanent"),
  row("2.4.6", 500, "snapshot_exception", "[r:snap-3] Snapshot could not be read: unknown parameter [index_uuid]", "permanent"),
  row("6.7.0", 500, "receive_timeout_transport_exception", "[node][127.0.0.1:9300] request_id [7] timed out", "transient"),
  row("7.10.2", 500, "node_not_connected_exception", "[node][127.0.0.1:9300] Node not connected", "transient"),
  row("5.5.3", 500, "repository_verification_exception", "[r] path  is not accessible on master node", "refused"),
  row("6.7.0", 400, "illegal_argument_exception", "Unexpected field [mapping_version]", "invalid"),
  row("5.5.3", 403, "security_exception", "action [cluster:admin/repository/put] is unauthorized for user [elastic]", "denied"),
  row("7.10.2", 401, "security_exception", "unable to authenticate user [elastic] for REST request [/]", "denied"),
  row(
    "7.10.2",
    429,
    "cluster_block_exception",
    "index [movies] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];",
    "transient",
  ),
  row("7.10.2", 429, "circuit_breaking_exception", "[parent] Data too large", "transient"),
  row(
    "7.10.2",
    503,
    "process_cluster_event_timeout_exception",
    "failed to process cluster event (put_repository [r]) within 30s",
    "transient",
  ),
];

describe("an Elasticsearch error response", () => {
  it.each(rows)("$server: $type, $text → $code", ({ status, type, text, code }) => {
    const error = toAppError(
      responseError(status, { error: { root_cause: [{ type, reason: text }], type, reason: text }, status }),
      context,
    );

    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^cluster source/);
    expect(error.message).toContain(text.replace(/\s+/g, " ").trim());
    expect(error.message).toContain("snapshot backups:night-1");
    expect(faultOf(error)).toMatchObject({ status, type });
  });

  it("finds the specific reason below a general one", () => {
    const inner = {
      type: "repository_exception",
      reason: "[rr] location [/nonexist] doesn't match any of the locations specified by path.repo",
    };
    const middle = { type: "creation_exception", reason: "Guice creation errors:\n\n1) Error injecting constructor", caused_by: inner };
    const body = { error: { type: "repository_exception", reason: "[rr] failed to create repository", caused_by: middle } };

    const error = toAppError(responseError(500, body), context);
    expect(error).toMatchObject({ code: "invalid" });
    expect(error.message).toBe(`cluster source: snapshot backups:night-1: [rr] failed to create repository: ${inner.reason}`);
  });

  it("is classified by status if the body is unknown", () => {
    const codes = [400, 401, 403, 404, 409, 413, 429, 500, 502, 504].map((status) => [
      status,
      toAppError(responseError(status, "<html>"), context).code,
    ]);

    expect(Object.fromEntries(codes)).toEqual({
      400: "transient",
      401: "denied",
      403: "denied",
      404: "absent",
      409: "conflict",
      413: "transient",
      429: "transient",
      500: "transient",
      502: "transient",
      504: "transient",
    });
    expect(toAppError(responseError(404, { error: "alias [alz] missing", status: 404 }), context).message).toContain("alias [alz] missing");
  });

  it("is refused, which is reported and retried, if Elasticsearch wrote it and its type is unknown", () => {
    const body = { error: { type: "repository_exception", reason: "[r] cannot create snapshot in a readonly repository" } };
    const codes = [400, 405, 413, 429, 500, 502, 503, 504].map((status) => [status, toAppError(responseError(status, body), context).code]);
    expect(Object.fromEntries(codes)).toEqual({
      400: "refused",
      405: "refused",
      413: "refused",
      429: "transient",
      500: "refused",
      502: "transient",
      503: "transient",
      504: "transient",
    });
    expect(toAppError(responseError(400, { error: "No handler found for uri [/]" }), context).code).toBe("refused");
  });

  it.each([
    ["[r] cannot create snapshot in a readonly repository", "repository.readonly"],
    ["[r] cannot delete snapshot from a readonly repository", "repository.readonly"],
    ["this action would add [1] total shards, but this cluster currently has [1000]/[1000] maximum shards open", "cluster.shardLimit"],
    ["this action would add [2] shards, but this cluster currently has [5]/[5] maximum normal shards open", "cluster.shardLimit"],
  ])("is told apart by its reason even if its words are masked as secrets: %s", (text, code) => {
    const error = toAppError(responseError(400, { error: { type: "some_exception", reason: text } }), {
      ...context,
      secrets: ["readonly", "shards open"],
    });
    expect(error.message).not.toMatch(/readonly|shards open/);
    expect(error).toMatchObject({ code: "refused", reason: { code, params: { message: error.message } } });
  });

  it("passes on the server's retry delay", () => {
    expect(toAppError(responseError(429, {}, { "retry-after": "7" }), context).retryAfterMs).toBe(7000);
    expect(toAppError(responseError(429, {}, { "retry-after": "soon" }), context).retryAfterMs).toBeUndefined();
  });

  it("names cluster and user when access is refused, and never contains a secret that the server echoes", () => {
    const body = { error: { type: "security_exception", reason: "bad key planted-secret for [elastic]" } };
    const error = toAppError(responseError(401, body), context);

    expect(error.message).toContain("cluster source at http://127.0.0.1:9252: user elastic is refused (HTTP 401");
    expect(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)} ${String(error.cause)}`).not.toContain("planted-secret");
  });
});

describe("a short secret in an error response", () => {
  it("is replaced only where it stands alone", () => {
    const body = { error: { type: "x_exception", reason: "no such index [movies], key es$1 of [es$1]" } };
    const message = toAppError(responseError(400, body), { ...context, secrets: ["o", "es$1"] }).message;
    expect(message).toContain("no such index [movies], key [secret] of [[secret]]");
  });
});

describe("a request without a response", () => {
  it.each([
    ["connect ECONNREFUSED 127.0.0.1:9252", "cluster source at http://127.0.0.1:9252: connection refused", "transient"],
    ["getaddrinfo ENOTFOUND nowhere", "cluster source at http://127.0.0.1:9252: host name not found", "transient"],
    ["socket hang up - Local: 127.0.0.1:1, Remote: 127.0.0.1:2", "cluster source at http://127.0.0.1:9252: connection cut", "transient"],
    ["", "cluster source at http://127.0.0.1:9252: connection failed", "transient"],
    [
      "self-signed certificate",
      "cluster source at http://127.0.0.1:9252: its certificate is not signed by a CA that is known here; for a private CA set clusters.source.ca or fingerprint",
      "permanent",
    ],
  ])("%s", (text, message, code) => {
    expect(toAppError(new errors.ConnectionError(text), context)).toMatchObject({ code, message });
  });

  it("is transient when it times out, on either side", () => {
    expect(toAppError(new errors.TimeoutError("Request timed out"), context).code).toBe("transient");
    expect(toAppError(new errors.RequestAbortedError("Request aborted"), context).code).toBe("transient");
  });

  it.each([
    ["string (8)", "it is longer than 8 bytes"],
    ["string (536870888)", "it is longer than this client can read"],
  ])("is permanent when the response is too long to read: %s", (limit, says) => {
    const tooLong = new errors.RequestAbortedError(`The content length (9) is bigger than the maximum allowed ${limit}`);

    const { code, message } = toAppError(tooLong, context);
    expect(code).toBe("permanent");
    expect(message).toContain(says);
    expect(message).not.toContain("content length");
  });
});

function row(server: string, status: number, type: string, text: string, code: ErrorCode): Row {
  return { server, status, type, text, code };
}

function responseError(statusCode: number, body: unknown, headers: Record<string, string> = {}): errors.ResponseError {
  const meta = {
    context: null,
    name: "test",
    request: { params: { method: "GET", path: "/" }, options: {}, id: 1 },
    connection: null,
    attempts: 0,
    aborted: false,
  };
  return new errors.ResponseError({ body, statusCode, headers, warnings: null, meta } as ConstructorParameters<
    typeof errors.ResponseError
  >[0]);
}
