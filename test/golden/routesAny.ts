import { AppError } from "../../shared/model/errors.ts";
import { VIEWER } from "../runtime/http/door.ts";
import { failed, type RouteCase, type RouteCases } from "./routeCases.ts";
import { DENIED, newWorld, registeredWorld } from "./stages.ts";

const faulty = (fault: AppError) => async () => {
  const world = await registeredWorld();
  world.source.failNext("listSnapshots", fault);
  return world;
};
const without = async (key: string) => {
  const world = await newWorld();
  await world.state.delete(await world.stateKeys(key));
  return world;
};
const TOO_LARGE = { repository: "x".repeat(256 * 1024) };

const group = (method: string, path: string, cases: readonly RouteCase[]): RouteCases => ({ method, path, cases, without: {} });

/** Answers of the router before a route is reached, and reports of faults behind a route. */
export const ANY_ROUTE: readonly RouteCases[] = [
  group("GET", "any path", [
    failed("401: no token", "/jobs", { token: "" }),
    failed("401: a wrong token", "/jobs", { token: "operator-token-2" }),
    failed("401: also for a path that is not there", "/nosuch", { token: "" }),
    failed("404: no such path", "/nosuch"),
    failed("404: a path below one that is", "/snapshots/one/two"),
    { outcome: "ok", title: "a slash at the end", path: "/jobs/", world: newWorld },
    {
      outcome: "ok",
      title: "Authorization: Bearer",
      path: "/jobs",
      options: { token: "", headers: { Authorization: `Bearer ${VIEWER}` } },
      world: newWorld,
    },
    failed("502: denied", "/snapshots", {}, faulty(DENIED)),
    failed("503: transient", "/snapshots", {}, faulty(new AppError("transient", "cluster source: timeout", { retryAfterMs: 6500 }))),
    failed("409: conflict", "/snapshots", {}, faulty(new AppError("conflict", "cluster source: busy"))),
    failed("500: permanent", "/snapshots", {}, faulty(new AppError("permanent", "cluster source: no"))),
    failed("503: a state without identity", "/jobs", {}, () => without("state.json")),
    failed("503: a state that lost live/", "/jobs", {}, () => without("live/")),
  ]),
  group("DELETE", "a method that the path does not take", [failed("405", "/jobs"), failed("405, a viewer's", "/pause", { token: VIEWER })]),
  group("PUT", "a method that no route takes", [failed("405 with two that are", "/jobs/backup-a")]),
  group("POST", "a rejected body", [
    failed("413: too large", "/verifications", { body: TOO_LARGE }),
    failed("413: too large after decoding", "/verifications", { body: TOO_LARGE, base64: true }),
    failed("415: not JSON", "/verifications", { body: "{}", headers: { "Content-Type": "text/plain" } }),
    failed("400: no JSON", "/restores", { body: "{" }),
    failed("400: a list", "/restores", { body: "[]" }),
    failed("400: null", "/restores", { body: "null" }),
    failed("400: a body where none is expected", "/pause", { body: { now: true } }),
    failed("400: an idempotency key with a space", "/backups/nightly", { headers: { "Idempotency-Key": "two words" } }),
  ]),
];
