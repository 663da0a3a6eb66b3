import { messageOf } from "../../shared/model/errors.ts";
import { httpEvent } from "../../shared/runtime/events.ts";
import { answer } from "../../shared/runtime/http/router.ts";
import { ROUTES } from "../../shared/runtime/http/routes.ts";
import { httpDoor, OPERATOR, PLANTED, VIEWER } from "../runtime/http/door.ts";
import type { Random } from "../sim/random.ts";
import { STEP2 } from "../world/moved.ts";
import { MOVED, testWorld } from "../world/world.ts";
import type { Finding, Fuzzed } from "./types.ts";

/** A world is filled by what operators ask for; after so many requests the next one is empty again. */
const REQUESTS_PER_WORLD = 200;
const NAMES = ["nightly", "moved", "backups", "moved-movies", "latest", "snap-1", "all", "target", "source", "fx-orders", "orders"];
const ODD = [
  "",
  ".",
  "..",
  "../x",
  "a/b",
  "__proto__",
  "constructor",
  "toString",
  "*",
  "-x",
  "%00",
  "\u0000",
  "\u202e",
  "\u001b[2J",
  "é".repeat(300),
];
const BODIES = ["", "{}", "[]", "null", "1", '"x"', "{", "\uFEFF{}", '{"__proto__":{"apply":true}}', "[".repeat(100_000)];
const FIELDS = [
  "apply",
  "snapshot",
  "repository",
  "to",
  "indices",
  "alias",
  "replicas",
  "older",
  "start",
  "level",
  "takeOver",
  "filesThere",
  "replaceIndex",
  "over",
  "loseOld",
  "as",
];

/** Sends odd requests of every kind; a finding is one that throws, or is answered as a failure of ossnap, or with a secret. */
export async function fuzzRequests(count: number, random: Random): Promise<Fuzzed> {
  const findings: Finding[] = [];
  const outcomes: Record<string, number> = {};
  let http = await freshDoor();
  for (let number = 0; number < count; number += 1) {
    if (number % REQUESTS_PER_WORLD === 0) http = await freshDoor();
    const event = eventOf(random);
    const what = `request ${number} ${event.requestContext.http.method} ${event.requestContext.http.path.slice(0, 80)} ${event.body.slice(0, 200)}`;
    try {
      const { statusCode, body } = await answer(httpEvent.parse(event), http.door);
      outcomes[statusCode] = (outcomes[statusCode] ?? 0) + 1;
      if (statusCode === 500 || statusCode > 503) findings.push({ what, message: `${statusCode}: ${body}`, stack: http.lines.at(-1) });
      if (body.includes(PLANTED)) findings.push({ what, message: "shows a secret" });
      JSON.parse(body);
    } catch (error) {
      findings.push({ what, message: messageOf(error), stack: error instanceof Error ? error.stack : undefined });
    }
  }
  return { count, outcomes, findings };
}

async function freshDoor() {
  const world = await testWorld();
  world.source.putIndex("movies", { documents: 3 });
  await world.fill(MOVED, STEP2.blobs);
  return httpDoor(world);
}

/** Half of the bodies are right in what is demanded of them, so that requests get further. */
function sensible(fields: Record<string, unknown>, random: Random): Record<string, unknown> {
  if (random.chance(0.5)) return fields;
  return {
    snapshot: "snap-1",
    repository: "moved-movies",
    to: "target",
    indices: ["fx-orders"],
    ...(random.chance(0.5) && { start: true }),
  };
}

function eventOf(random: Random) {
  const text = () => (random.chance(0.6) ? random.pick(NAMES) : random.pick(ODD));
  const value = (depth = 0): unknown => {
    const kinds = [
      text,
      () => random.between(0, 1e9 - 1) - 5,
      () => true,
      () => null,
      () => 1e308,
      () => "x".repeat(random.between(0, 5_000 - 1)),
    ];
    if (depth < 2) kinds.push((() => [value(depth + 1), value(depth + 1)]) as never, (() => ({ [text()]: value(depth + 1) })) as never);
    return random.pick(kinds)();
  };
  const route = random.pick(ROUTES);
  const path = random.chance(0.8) ? route.path.replace(/\{\w+\}/g, text) : `/${[text(), text()].join("/")}`;
  const method = random.chance(0.85) ? route.method : random.pick(["PUT", "PATCH", "HEAD", "TRACE", "get", ""]);
  const fields = Object.fromEntries(FIELDS.filter(() => random.chance(0.3)).map((field) => [field, value()]));
  const body = random.chance(0.3) ? "" : random.chance(0.6) ? JSON.stringify(sensible(fields, random)) : random.pick(BODIES);
  const isBase64Encoded = random.chance(0.2);
  const token = random.pick([OPERATOR, OPERATOR, OPERATOR, VIEWER, `${OPERATOR}x`, "", "\u0000"]);
  const headers: Record<string, string> = { "X-Ossnap-Token": token, "Content-Type": random.chance(0.9) ? "application/json" : text() };
  if (random.chance(0.2)) headers["Idempotency-Key"] = random.chance(0.5) ? `key-${random.between(0, 20 - 1)}` : text();
  const queryParameters = Object.fromEntries(
    [...(route.queries ?? []), "dryRun", "__proto__"].filter(() => random.chance(0.15)).map((name) => [name, text()]),
  );
  return {
    headers,
    queryParameters,
    body: isBase64Encoded && random.chance(0.8) ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded,
    requestContext: { http: { method, path: random.chance(0.1) ? `${path}/` : path } },
  };
}
