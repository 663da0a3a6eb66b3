import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeServerDirectories, openPlaces, openRun } from "../../infra/local/host/places.ts";
import { type ElasticsearchServer, startElasticsearch } from "../../infra/local/servers/elasticsearch.ts";
import { freePort } from "../../infra/local/servers/ports.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { type FixtureRepository, fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";
import { closureBlobs } from "../reader/prove/closureBlobs.ts";
import { cut, flip, grown, type Mutation, removed, sampler, seed } from "../reader/prove/mutatedRepository.ts";

/** A restore of these few kilobytes takes less than a second; 5.5.3 would wait for a missing blob indefinitely. */
const RESTORE_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** Includes the global state, because from 7.x on only then the global metadata is read, and a proof covers the whole snapshot. */
const EVERYTHING = { include_global_state: true, indices: "*" };

/** Optional on 5.x and 6.x, but if it exists and is not JSON they refuse every snapshot; 7.x never reads it. */
const READ_WHERE_PRESENT = "incompatible-snapshots";

const SUBJECTS = [
  { version: "5.5.3", fixture: "es-5.5.2-chunked/repo", snapshot: "snap-3" },
  { version: "7.10.2", fixture: "es-7.10.2/repo", snapshot: "snap-3" },
];

interface Case {
  what: string;
  blobs: ReadonlyMap<string, Uint8Array>;
}

/** The unmodified fixture, and each mutation of a needed data blob, a needed metadata blob, an unneeded blob, and the optional one. */
async function sampleCases({ blobs }: FixtureRepository, name: string): Promise<Case[]> {
  const random = sampler();
  const needed = await closureBlobs(blobs, { name });
  const keysOf = (isWanted: (kind: string) => boolean) => needed.filter(({ kind }) => isWanted(kind)).map(({ key }) => key);
  const groups = {
    data: keysOf((kind) => kind === "data"),
    metadata: keysOf((kind) => kind !== "data" && kind !== "root"),
    unneeded: [...blobs.keys()].filter(
      (key) => needed.every((blob) => blob.key !== key) && !/^index-\d+$/.test(key) && key !== READ_WHERE_PRESENT,
    ),
    ...(blobs.has(READ_WHERE_PRESENT) ? { optional: [READ_WHERE_PRESENT] } : {}),
  };
  const mutations: [string, Mutation][] = [
    ["removed", removed],
    ["cut by a byte", cut],
    ["grown by a byte", grown],
    ["with a bit flipped", (bytes) => flip(bytes, Math.floor(random() * bytes.byteLength * 8))],
  ];
  const cases = Object.entries(groups).flatMap(([group, keys]) =>
    mutations.map(([what, mutate]): Case => {
      const filled = keys.filter((key) => (blobs.get(key)?.byteLength ?? 0) > 0);
      const key = filled[Math.floor(random() * filled.length)] ?? "";
      const changed = mutate(blobs.get(key) as Uint8Array);
      const rest = [...blobs].filter(([each]) => each !== key);
      return { what: `${group} blob ${key} ${what}`, blobs: new Map(changed === undefined ? rest : [...rest, [key, changed]]) };
    }),
  );
  return [{ what: "nothing changed", blobs }, ...cases];
}

let run: string;
const servers = new Map<string, ElasticsearchServer>();

beforeAll(async () => {
  run = await openRun(await openPlaces(), `mutations-${process.pid}`);
  await Promise.all(
    SUBJECTS.map(async ({ version }) => {
      const server = await startElasticsearch({
        version,
        name: "judge",
        httpPort: await freePort(),
        transportPort: await freePort(),
        runDirectory: join(run, version),
        repoDirectories: [repositoriesOf(version)],
      });
      servers.set(version, server);
    }),
  );
});

afterAll(async () => {
  for (const server of servers.values()) await server.stop();
  await rm(run, { recursive: true, force: true });
});

const repositoriesOf = (version: string): string => join(run, `repositories-${version}`);

describe.concurrent("a proof is whole exactly when a real restore succeeds", () => {
  it.each(SUBJECTS)(`$version, $fixture, $snapshot: one blob mutated at a time, sampled (seed ${seed})`, async (subject) => {
    const { version, snapshot } = subject;
    const cases = await sampleCases(fixtureRepository(subject.fixture), snapshot);
    expect(cases.length).toBeGreaterThanOrEqual(13);
    const verdicts: [string, boolean, boolean][] = [];
    for (const [index, { what, blobs }] of cases.entries()) {
      const { verdict } = await proveSnapshot(storeOf(blobs), { name: snapshot, level: "contents" });
      const directory = join(repositoriesOf(version), `case-${index}`);
      await writeRepository(directory, blobs);
      verdicts.push([what, verdict === "whole", await restores(servers.get(version)?.url ?? "", directory, snapshot)]);
    }
    expect(verdicts.filter(([, isWhole, isRestored]) => isWhole !== isRestored)).toEqual([]);
    expect(verdicts.filter(([, isWhole]) => isWhole).length).toBeGreaterThanOrEqual(5);
    expect(verdicts.filter(([, isWhole]) => !isWhole).length).toBeGreaterThanOrEqual(8);
  });
});

async function writeRepository(directory: string, blobs: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [key, bytes] of blobs) {
    await mkdir(dirname(join(directory, key)), { recursive: true });
    await writeFile(join(directory, key), bytes);
  }
  await makeServerDirectories([directory]);
}

/** Whether every primary shard of the snapshot starts; leaves the cluster empty and idle, whatever hung. */
async function restores(url: string, location: string, snapshot: string): Promise<boolean> {
  const settings = { type: "fs", settings: { location, readonly: true } };
  const registered = await ask(url, "PUT", "/_snapshot/copy?verify=false", settings);
  if (registered.status !== 200) throw new Error(`registering ${location}: ${registered.status} ${registered.text}`);
  try {
    const started = await ask(url, "POST", `/_snapshot/copy/${snapshot}/_restore`, EVERYTHING);
    return started.status === 200 && (await comesUp(url));
  } finally {
    // On 5.5.3 this releases a restore that waits for a missing blob.
    await until("the indices to be deleted", async () => (await ask(url, "DELETE", "/_all")).status === 200 || undefined);
    await until("the repository to be free", async () => (await ask(url, "DELETE", "/_snapshot/copy")).status === 200 || undefined);
  }
}

function comesUp(url: string): Promise<boolean> {
  return until("the restore to end", async () => {
    const { text } = await ask(url, "GET", "/_cat/shards?h=prirep,state,unassigned.reason");
    const primaries = text.split("\n").filter((line) => line.startsWith("p"));
    // Retried up to five times on the same bytes, so one failure is sufficient.
    if (primaries.some((line) => line.includes("ALLOCATION_FAILED"))) return false;
    return (primaries.length > 0 && primaries.every((line) => /\bSTARTED\b/.test(line))) || undefined;
  });
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = Date.now() + RESTORE_TIMEOUT_MS;
  while (Date.now() < deadlineMs) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${what} took longer than ${RESTORE_TIMEOUT_MS / 1000} s`);
}

async function ask(url: string, method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(url + path, { method, ...content });
  return { status: response.status, text: await response.text() };
}
