import { beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { reason } from "../../../shared/model/reason.ts";
import { snapshotMark } from "../../../shared/model/snapshotName.ts";
import { httpEvent } from "../../../shared/runtime/events.ts";
import { answer } from "../../../shared/runtime/http/router.ts";
import { ROUTES } from "../../../shared/runtime/http/routes.ts";
import { authenticate } from "../../../shared/runtime/http/tokens.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { type TestWorld, testWorld } from "../../world/world.ts";
import { httpDoor, OPERATOR, PLANTED, TOKENS, VIEWER } from "./door.ts";

const compared = vi.hoisted(() => ({ times: 0 }));
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  return {
    ...crypto,
    timingSafeEqual: (a: Uint8Array, b: Uint8Array) => {
      compared.times += 1;
      return crypto.timingSafeEqual(a, b);
    },
  };
});

let world: TestWorld;
let http: ReturnType<typeof httpDoor>;

beforeEach(async () => {
  world = await testWorld();
  world.source.putIndex("movies", { documents: 3 });
  http = httpDoor(world);
});

describe("authentication", () => {
  it.each([
    ["no token", ""],
    ["a wrong token", "operator-token-2"],
    ["a part of a token", OPERATOR.slice(0, -1)],
  ])("refuses %s with 401 before anything is opened", async (_, token) => {
    const { status, headers, body } = await http.ask("GET", "/jobs", { token });
    expect([status, headers["www-authenticate"], body.code, http.worldsOpened()]).toEqual([401, "Bearer", "unauthenticated", 0]);
  });

  it("compares with every token in constant time, found or not", () => {
    for (const given of [OPERATOR, VIEWER, "nobody"]) {
      compared.times = 0;
      authenticate({ "x-ossnap-token": given }, TOKENS);
      expect(compared.times).toBe(TOKENS.length);
    }
  });

  it.each([
    ["X-Ossnap-Token", OPERATOR],
    ["Authorization", `Bearer ${OPERATOR}`],
    ["authorization", `bearer ${OPERATOR}`],
  ])("accepts a token in %s", async (name, value) => {
    expect((await http.ask("GET", "/jobs", { token: "", headers: { [name]: value } })).status).toBe(200);
  });

  it("is checked before anything of the body is looked at", async () => {
    const body = vi.fn(() => "{".repeat(300_000));
    const event = {
      headers: { "X-Ossnap-Token": "wrong" },
      queryParameters: {},
      requestContext: { http: { method: "GET", path: "/snapshots/" } },
    };
    const asked = Object.defineProperty({ ...event, isBase64Encoded: true, body: "" }, "body", { get: body });
    expect((await answer(asked, http.door)).statusCode).toBe(401);
    expect(body).not.toHaveBeenCalled();
    expect((await http.ask("POST", "/backups/nightly", { token: "wrong", body: "{".repeat(300_000) })).status).toBe(401);
  });

  it("does not reveal whether a path exists", async () => {
    expect((await http.ask("GET", "/nosuch", { token: "" })).status).toBe(401);
  });
});

describe("a viewer", () => {
  const writes = ROUTES.filter(({ changes }) => changes({ apply: "x", start: true })).map(
    ({ method, path }) => [method, path.replace(/\{\w+\}/, "nightly")] as const,
  );

  it("is refused every write", async () => {
    expect(writes.length).toBeGreaterThanOrEqual(9);
    for (const [method, path] of writes) {
      const body = path.startsWith("/prunes")
        ? { apply: "x" }
        : path === "/restores"
          ? { snapshot: "s", repository: "r", to: "t", indices: ["i"], start: true }
          : path === "/verifications"
            ? { repository: "r" }
            : path === "/adopt"
              ? { apply: true }
              : path === "/deletions"
                ? { repository: "r", snapshot: "s", apply: "x" }
                : path === "/pins"
                  ? { repository: "r", snapshot: "s", because: "b" }
                  : /\/(rollback|cutover)$/.test(path)
                    ? { start: true }
                    : path.includes("/shared/")
                      ? { instance: "es-cn-source", apply: true }
                      : undefined;
      expect([path, (await http.ask(method, path, { token: VIEWER, body })).status]).toEqual([path, 403]);
    }
    expect([http.worldsOpened(), world.source.writes]).toEqual([0, []]);
  });

  it("may read and run dry runs", async () => {
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    for (const path of ["/jobs", "/snapshots", "/repositories"])
      expect([path, (await http.ask("GET", path, { token: VIEWER })).status]).toEqual([path, 200]);
    expect(await http.ask("POST", "/prunes/nightly", { token: VIEWER })).toMatchObject({
      status: 200,
      body: { policy: "nightly", remove: [], hash: expect.stringMatching(/^[0-9a-f]{8}$/) },
    });
    expect(
      (await http.ask("POST", "/restores", { token: VIEWER, body: { snapshot: "s", repository: "backups", to: "source", indices: ["*"] } }))
        .status,
    ).not.toBe(403);
  });
});

describe("repositories", () => {
  it("come with the warnings about ossnap.yaml", async () => {
    const open = world.open;
    const wrong = { path: "clusters.source.url", value: null, wrong: "sends password unencrypted", fix: "write https://" };
    const warning = { ...wrong, reason: { code: "config.plainPassword", params: {} } };
    world.open = async (options) => ({ ...(await open(options)), warnings: [warning] });
    expect((await http.ask("GET", "/repositories", { token: VIEWER })).body).toMatchObject({ next: null, warnings: [warning] });
  });
});

describe("an invalid request", () => {
  it("is 404 for an unknown path and 405 with Allow for an unsupported method", async () => {
    expect((await http.ask("GET", "/nosuch")).body).toMatchObject({ status: 404, code: "not-found" });
    expect(await http.ask("DELETE", "/jobs")).toMatchObject({ status: 405, headers: { allow: "GET" } });
    expect((await http.ask("PUT", "/jobs/backup-a")).headers.allow).toBe("GET, DELETE");
    expect((await http.ask("GET", "/jobs/")).status).toBe(200);
  });

  it("is 413 above 256 KiB, counted after decoding", async () => {
    const body = { repository: "x".repeat(256 * 1024) };
    expect((await http.ask("POST", "/verifications", { body })).status).toBe(413);
    expect((await http.ask("POST", "/verifications", { body, base64: true })).body.code).toBe("too-large");
  });

  it.each([
    ["/verifications", { repository: "backups", snapshot: "x\ud800" }, "body.snapshot"],
    ["/deletions", { repository: "backups", snapshot: "s", uuid: "\udc00" }, "body.uuid"],
    ["/restores", { snapshot: "s", repository: "backups", to: "source", indices: ["a", "\ud800"] }, "body.indices[1]"],
    ["/restores", { snapshot: "s", repository: "backups", to: "source", indices: ["a"], as: { "\ud800": "b" } }, "body.as"],
    ["/pins", { repository: "backups", snapshot: "s", because: "\ud800" }, "body.because"],
    ["/backups/x\ud800", {}, "path.policy"],
  ])("is 400 for a text with half of a character, before anything is written: %s %j", async (path, body, field) => {
    const answer = await http.ask("POST", path, { body });
    expect([answer.status, String(answer.body.detail)]).toEqual([400, expect.stringContaining(`${field}: "`)]);
    expect(answer.body.detail).toContain("holds half of a character");
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });

  it.each(["/jobs/\ufffd", "/pins/backups/\ufffdx", "/jobs?kind=\ufffd", "/jobs?\ufffd=1"])(
    "is 400 for what was no UTF-8: %s",
    async (path) => {
      const [before = "", query] = path.split("?");
      const method = before.startsWith("/pins") ? "DELETE" : "GET";
      const answer = await http.ask(method, before, query === undefined ? {} : { query: Object.fromEntries([query.split("=")]) });
      expect([answer.status, String(answer.body.detail)]).toEqual([400, expect.stringContaining("is not properly encoded")]);
    },
  );

  it.each(["/verifications", "/deletions", "/pins", "/restores"])("is 400 for a name that is longer than any: %s", async (path) => {
    const body = { repository: "backups", snapshot: "x".repeat(1001), because: "b", to: "source", indices: ["a"] };
    const answer = await http.ask("POST", path, { body });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining("snapshot is longer than 1000 characters")]);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
  });

  it("is none because of a byte order mark before its body", async () => {
    const body = '\ufeff{"repository": "backups", "snapshot": "nosuch"}';
    const answer = await http.ask("POST", "/deletions", { body, headers: { "Content-Type": "application/json" } });
    expect(answer.body.detail).toContain("repository backups");
  });

  it("is 415 without the JSON content type, and accepts one with a charset", async () => {
    expect((await http.ask("POST", "/verifications", { body: "{}", headers: { "Content-Type": "text/plain" } })).status).toBe(415);
    expect(
      (await http.ask("POST", "/verifications", { body: {}, headers: { "Content-Type": "application/json; charset=utf-8" } })).status,
    ).toBe(400);
  });

  it("rejects more replicas than a person means, also in a dry run", async () => {
    const wanted = { snapshot: "s", repository: "backups", to: "source", indices: ["*"], replicas: 100_000_000 };
    for (const body of [wanted, { ...wanted, dryRun: true }]) {
      const answer = await http.ask("POST", "/restores", { body });
      expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining("replicas")]);
    }
  });

  it("is 400 with every issue and its path", async () => {
    const { status, body } = await http.ask("POST", "/restores", { body: { snapshot: 1, repository: "", indices: [], extra: true } });
    expect([status, body.code]).toEqual([400, "invalid"]);
    for (const path of ["snapshot", "repository", "to", "indices", "extra"]) expect(body.detail).toContain(path);
  });

  it("is 400 for an alias that the cluster would refuse after the restore", async () => {
    const wanted = { snapshot: "snap-1", repository: "backups", to: "source", indices: ["*"], alias: "a b", start: true };
    const { status, body } = await http.ask("POST", "/restores", { body: wanted });
    expect([status, body.code, body.detail]).toEqual([400, "invalid", expect.stringContaining('alias: "a b" contains a blank')]);
  });

  it.each(["{", "[]", "null", '"text"'])("is 400 for the body %s", async (body) => {
    expect((await http.ask("POST", "/restores", { body })).status).toBe(400);
  });

  it("is 404 for the id of no job, of any length, and names nothing of the state", async () => {
    for (const id of [`backup-${"a".repeat(5000)}`, `backup-${"é".repeat(200)}`, `restore-${"x".repeat(2000)}`])
      for (const [method, path] of [
        ["GET", `/jobs/${id}`],
        ["DELETE", `/jobs/${id}`],
        ["POST", `/jobs/${id}/resume`],
        ["POST", `/jobs/${id}/rollback`],
      ] as const) {
        const { status, body } = await http.ask(method, path);
        expect([400, 404]).toContain(status);
        if (method === "GET") expect(status).toBe(404);
        expect(body.detail).not.toMatch(/live|done|state/);
      }
  });

  it("keeps every name of a query, so that an unknown one is refused", () => {
    const event = JSON.parse('{"queryParameters":{"__proto__":"1"},"requestContext":{"http":{"method":"GET","path":"/jobs"}}}');
    expect(Object.keys(httpEvent.parse(event).queryParameters)).toEqual(["__proto__"]);
    expect(() => httpEvent.parse({ ...event, queryParameters: { open: 1 } })).toThrow();
    expect(httpEvent.parse({ ...event, queryParameters: undefined }).queryParameters).toEqual({});
  });

  it("is 400 for an unknown query parameter, and changes nothing", async () => {
    const { status, body } = await http.ask("POST", "/backups/nightly", { query: { dryRun: "true" } });
    expect([status, body.code, body.detail]).toEqual([
      400,
      "invalid",
      'query parameter "dryRun": is not known; /backups/nightly accepts none',
    ]);
    expect(world.source.writes).toEqual([]);
    expect((await http.ask("GET", "/jobs", { query: { opne: "true" } })).body.detail).toBe(
      'query parameter "opne": is not known; /jobs accepts kind, open, limit',
    );
    expect((await http.ask("GET", "/jobs", { query: { open: "true", kind: "backup", limit: "3" } })).status).toBe(200);
  });

  it.each([
    ["limit", "abc", 'limit: "abc" is not a number'],
    ["limit", "", 'limit: "" is not a number'],
    ["limit", "1.5", 'limit: "1.5" is not a number'],
    ["limit", "201", "limit: 201 is out of range; write a number from 1 to 200"],
    ["open", "maybe", 'open: "maybe" is neither true nor false'],
  ])("is 400 for ?%s=%s, with the value and the fix", async (name, value, detail) => {
    const { status, body } = await http.ask("GET", "/jobs", { query: { [name]: value } });
    expect([status, body.detail]).toEqual([400, expect.stringContaining(detail)]);
  });

  it("is 404 for a name that does not exist, in the path, the query and the body", async () => {
    const restore = { repository: "backups", to: "nosuch", snapshot: "s", indices: ["*"] };
    const answers = await Promise.all([
      http.ask("POST", "/copies/nosuch"),
      http.ask("GET", "/snapshots", { query: { policy: "nosuch" } }),
      http.ask("POST", "/restores", { body: restore }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [404, "absent"]));
  });

  it("gets the configured policies listed when its policy is unknown", async () => {
    expect((await http.ask("POST", "/backups/nosuch")).body).toMatchObject({
      status: 404,
      detail: expect.stringContaining("nightly"),
      reason: { code: "config.unknown" },
    });
  });

  it("is 404 for a job that never existed", async () => {
    expect((await http.ask("GET", "/jobs/backup-nightly-20200101t000000z")).body).toMatchObject({
      status: 404,
      reason: { code: "job.absent" },
    });
  });
});

describe("problem document", () => {
  it("has the shape of RFC 9457, our code and the request id", async () => {
    const { headers, body } = await http.ask("GET", "/nosuch");
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(body).toEqual({
      type: "urn:ossnap:problem:not-found",
      title: "Path not found",
      status: 404,
      detail: "there is no route /nosuch; docs/http.md lists all routes",
      instance: "/nosuch",
      code: "not-found",
      requestId: "request-42",
    });
  });

  it.each([
    ["transient", 503, { "retry-after": "7" }],
    ["denied", 502, {}],
    ["conflict", 409, {}],
    ["permanent", 500, {}],
  ] as const)("for a %s fault of a backend is %i", async (code, status, headers) => {
    http.door.world = async () => Promise.reject(new AppError(code, "cluster source: no", { retryAfterMs: 6500 }));
    expect(await http.ask("GET", "/jobs")).toMatchObject({ status, headers, body: { code, detail: "cluster source: no" } });
  });

  it("for a state without its identity is a server error, not a 404", async () => {
    await world.blobs(world.config.state).delete(["state.json"]);
    http.door.world = async () =>
      Promise.reject(new AppError("absent", "state: has no identity", { reason: reason("state.absent", { state: "oss://state" }) }));
    expect((await http.ask("GET", "/jobs")).status).toBe(503);
  });

  it("invariant 10: holds no stack and no secret, in its detail, its reason or the log", async () => {
    http.door.world = async () =>
      Promise.reject(
        new AppError("conflict", `refused with ${PLANTED}`, {
          reason: reason("effect.refused", { effect: "e", message: `said ${PLANTED}` }),
        }),
      );
    const said = await http.ask("GET", "/jobs");
    expect(said.raw.body).toContain("[secret]");
    http.door.world = async () => Promise.reject(new TypeError(`bug near ${PLANTED}`));
    const bug = await http.ask("GET", "/jobs");
    expect(bug.body).toMatchObject({ status: 500, code: "internal", detail: expect.stringContaining("request-42") });
    expect(bug.raw.body).not.toMatch(/TypeError|bug near|\.ts:/);
    expect([said.raw.body, bug.raw.body, ...http.lines].filter((text) => text.includes(PLANTED))).toEqual([]);
    expect(http.lines.join("\n")).toContain("bug near [secret]");
  });
});

describe("a secret that equals a name", () => {
  it("does not rename it in an answer", async () => {
    http.door.settings = { ...http.door.settings, secrets: ["nightly"] };
    const { raw } = await http.ask("GET", "/status");
    expect(raw.body).toContain('"nightly"');
    expect(raw.body).not.toContain("[secret]");
  });
});

describe("accepted request", () => {
  it("is 202 with the started job and its location", async () => {
    const { status, headers, body } = await http.ask("POST", "/backups/nightly");
    expect([status, headers.location, headers["idempotent-replayed"]]).toEqual([202, `/jobs/${body.id}`, undefined]);
    expect(body).toMatchObject({ kind: "backup", state: "running", by: "ops (http)" });
    expect(await world.source.runningSnapshots()).toHaveLength(1);
    expect((await http.ask("GET", headers.location ?? "")).body).toMatchObject({
      id: body.id,
      history: expect.arrayContaining([expect.objectContaining({ state: "running" })]),
    });
  });

  it("returns the same job when repeated with its key, and is marked as replayed", async () => {
    const key = { "Idempotency-Key": "once" };
    const first = await http.ask("POST", "/backups/nightly", { headers: key });
    world.advance(60_000);
    const again = await http.ask("POST", "/backups/nightly", { headers: key });
    expect([again.status, again.headers["idempotent-replayed"], again.body.id]).toEqual([202, "true", first.body.id]);
    expect(world.source.writes.filter(({ method }) => method === "createSnapshot")).toHaveLength(1);
  });

  it("is 422 when its key was used for another request", async () => {
    const headers = { "Idempotency-Key": "once" };
    await http.ask("POST", "/verifications", { headers, body: { repository: "backups" } });
    const other = await http.ask("POST", "/verifications", { headers, body: { repository: "backups", level: "names" } });
    expect(other).toMatchObject({ status: 422, body: { code: "idempotency-key-reused" } });
  });

  it.each(["two words", "ü", ""])("is 400 with the key %j", async (key) => {
    expect((await http.ask("POST", "/backups/nightly", { headers: { "Idempotency-Key": key } })).status).toBe(400);
  });

  it("is 412 for an outdated plan", async () => {
    await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    expect((await http.ask("POST", "/prunes/nightly", { body: { apply: "00000000" } })).body).toMatchObject({
      status: 412,
      code: "plan-stale",
      reason: { code: "plan.stale" },
    });
  });

  it("shows what it would adopt, and writes it only with apply", async () => {
    await world.source.putRepository({ name: "backups", type: "fs", settings: { location: "/srv/backups" } }, { verify: false });
    const mark = snapshotMark((await world.source.info()).uuid, "nightly");
    await world.source.createSnapshot("backups", `nightly-20261120t013000z-1-${mark}`, { indices: ["movies"], metadata: {} });
    world.source.finishSnapshots();
    const keys = await world.stateKeys();
    const plan = await http.ask("POST", "/adopt", { token: VIEWER });
    expect([plan.status, plan.body.missing, plan.body.written, await world.stateKeys()]).toEqual([200, 8, null, keys]);
    expect((await http.ask("POST", "/adopt", { token: VIEWER, body: { apply: true } })).status).toBe(403);
    expect((await http.ask("POST", "/adopt", { body: { apply: true } })).body).toMatchObject({ missing: 8, written: 8 });
    expect(await world.stateKeys("done/backup/")).toContain("done/backup/backup-nightly-20261120t013000z.json");
  });

  it("pauses, resumes and cancels", async () => {
    expect((await http.ask("POST", "/pause")).body).toEqual({ paused: true });
    const { body } = await http.ask("POST", "/backups/nightly");
    expect(body.state).toBe("asked");
    expect((await http.ask("DELETE", `/jobs/${body.id}`)).status).toBe(202);
    expect((await http.ask("POST", "/resume")).body).toEqual({ paused: false });
  });
});
