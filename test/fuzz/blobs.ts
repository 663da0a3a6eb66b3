import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { AppError, hasCode } from "../../shared/model/errors.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { BEHIND_CHECKSUM, DECODERS, type Decode, realPayloads } from "../format/decoders.ts";
import { fixtureRepository } from "../format/fixtureRepositories.ts";
import type { Random } from "../sim/random.ts";
import type { Finding, Fuzzed } from "./types.ts";

const FIXTURES = ["es-5.5.2-migration/step2", "es-7.10.2-exotic/repo"];
/** One in so many is put back into its repository, which is then verified and surveyed as a whole. */
const WHOLE_EVERY = 50;
/** What a small blob may cost; a slower one is a finding too. */
const SLOW_MS = 10_000;

interface Subject {
  name: string;
  bytes: Uint8Array;
  decode: Decode;
}

/** Mutates real blobs, also behind their checksums, and reports what ends without an `invalid` error, or takes too long. */
export async function fuzzBlobs(count: number, random: Random): Promise<Fuzzed> {
  const subjects = subjectsOf();
  const repositories = FIXTURES.map((name) => fixtureRepository(name).blobs);
  const findings: Finding[] = [];
  const outcomes: Record<string, number> = { value: 0, invalid: 0, whole: 0 };
  for (let number = 0; number < count; number += 1) {
    const subject = random.pick(subjects);
    const bytes = mutated(subject.bytes, random);
    const startedMs = Date.now();
    const outcome = outcomeOf(() => subject.decode(bytes));
    note(outcome, `${subject.name} ${number}`, startedMs);
    if (number % WHOLE_EVERY !== 0) continue;
    const blobs = new Map(random.pick(repositories));
    const key = random.pick([...blobs.keys()]);
    blobs.set(key, mutated(blobs.get(key) as Uint8Array, random));
    note(await outcomeOfWhole(blobs), `repository with ${key} ${number}`, startedMs);
    outcomes.whole = (outcomes.whole ?? 0) + 1;
  }
  return { count, outcomes, findings };

  function note(outcome: "value" | "invalid" | Error, what: string, startedMs: number): void {
    if (outcome instanceof Error) findings.push({ what, message: `${outcome.name}: ${outcome.message}`, stack: outcome.stack });
    else outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const ms = Date.now() - startedMs;
    if (ms > SLOW_MS) findings.push({ what, message: `took ${ms} ms` });
  }
}

function subjectsOf(): Subject[] {
  const behind = [...realPayloads()].flatMap(([kind, payloads]) => {
    const decode = BEHIND_CHECKSUM[kind]?.decode;
    return decode ? payloads.map((bytes) => ({ name: kind, bytes, decode })) : [];
  });
  const whole = FIXTURES.flatMap((fixture) =>
    [...fixtureRepository(fixture).blobs].flatMap(([key, bytes]) => {
      const names = /^index-\d+$/.test(key)
        ? ["root"]
        : key.includes("/__")
          ? ["footer", "luceneFile", "segments", "segment"]
          : ["container"];
      return names.map((name) => ({ name, bytes, decode: DECODERS[name] as Decode }));
    }),
  );
  return [...behind, ...whole];
}

/** A few bytes replaced, a piece cut out, repeated or taken from elsewhere, or an end that is missing. */
function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  const at = () => random.between(0, copy.length - 1);
  switch (random.between(0, 6 - 1)) {
    // Thousands of opened lists, as JSON and as SMILE, closed again behind a piece of the blob.
    case 5: {
      const depth = random.pick([100, 5_000, 50_000]);
      const [opened, closed] = random.pick([
        ["[", "]"],
        ['{"a":[', "]}"],
        ["\xf8", "\xf9"],
      ] as const);
      const spot = at();
      return Buffer.concat([
        copy.subarray(0, spot),
        Buffer.from(opened.repeat(depth), "latin1"),
        Buffer.from(closed.repeat(depth), "latin1"),
        copy.subarray(spot),
      ]);
    }
    case 0:
      return copy.subarray(0, at());
    case 1: {
      const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
      return Buffer.concat([copy.subarray(0, from), copy.subarray(to)]);
    }
    case 2: {
      const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
      return Buffer.concat([copy.subarray(0, to), copy.subarray(from)]);
    }
    default:
      for (let spots = 1 + random.between(0, 6 - 1); spots > 0; spots -= 1) copy.writeUInt8(random.between(0, 256 - 1), at());
      return copy;
  }
}

function outcomeOf(run: () => unknown): "value" | "invalid" | Error {
  try {
    run();
    return "value";
  } catch (error) {
    return typed(error);
  }
}

async function outcomeOfWhole(blobs: ReadonlyMap<string, Uint8Array>): Promise<"value" | "invalid" | Error> {
  try {
    const bucket = new Map();
    const store = memoryBlobStore({ bucket, name: "fuzz", basePath: "", now: () => new Date(0) });
    for (const [key, bytes] of blobs) await store.put(key, bytes);
    await proveChosen(store, { snapshot: "all", level: "footers" });
    await surveyRepository(store);
    return "value";
  } catch (error) {
    return typed(error);
  }
}

function typed(error: unknown): "invalid" | Error {
  if (hasCode(error, "invalid", "absent")) return "invalid";
  return error instanceof AppError
    ? new Error(`${error.code}: ${error.message}`)
    : error instanceof Error
      ? error
      : new Error(String(error));
}
