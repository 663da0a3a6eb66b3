import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place } from "../../shared/model/config.ts";
import { partLedger } from "../../shared/reader/partLedger.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { connectPlace } from "../../shared/runtime/wire.ts";
import { type OssServer, startOss } from "../local/oss/startOss.ts";
import { generateRepository } from "./generatedRepository.ts";
import { PART_BYTES } from "./generatedShards.ts";

const [BUCKET, STATE] = ["bench", "state"];
const REGION = "cn-hangzhou";
const KEYS = { accessKeyId: "bench-key-id", secretAccessKey: "bench-key-secret" };

interface GateRun {
  verdict: string;
  seconds: number;
  requests: Record<string, number>;
}

/** What a restore's proof costs for files in several parts with names that are used again, by what is known of them. */
export interface GateFigures {
  keys: number;
  /** Brought by another tool: every part is read. */
  unknown: GateRun & { dataBytes: number };
  /** Copied by us, or proven before: the ledger compares the listing's ETags. */
  known: GateRun;
  /** The same number of blobs with names that are never used again: the listing suffices. */
  uuids: GateRun;
}

/** All three run in this process against one stand-in, which counts their requests, those to the state included. */
export async function benchGate(blobs: number, onNote: (text: string) => void): Promise<GateFigures> {
  const [counters, uuids] = [generateRepository(blobs, "counters"), generateRepository(blobs)];
  const root = await mkdtemp(join(tmpdir(), "ossnap-bench-"));
  await mkdir(join(root, STATE));
  const buckets = { [BUCKET]: counters, plain: uuids };
  const server = await startOss({ root, port: 0, region: REGION, credentials: [KEYS], virtualBuckets: buckets });
  try {
    onNote(`proving ${counters.count} keys of which nothing is known`);
    const unknown = await gate(server, BUCKET, counters.snapshot);
    onNote("proving them again");
    const known = await gate(server, BUCKET, counters.snapshot);
    onNote("proving as many with names that are never used again");
    const plain = await gate(server, "plain", uuids.snapshot);
    const dataBytes = Math.max(0, (unknown.requests.GetObject ?? 0) - (known.requests.GetObject ?? 0)) * PART_BYTES;
    return { keys: counters.count, unknown: { ...unknown, dataBytes }, known, uuids: plain };
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** As the gate of a restore proves. */
async function gate(server: OssServer, bucket: string, snapshot: string): Promise<GateRun> {
  const placeOf = (name: string): Place => ({ store: "oss", bucket: name, basePath: "", endpoint: server.url, region: REGION, ...KEYS });
  const connect = (name: string) => connectPlace(placeOf(name), { requestId: "bench", function: { name: "bench", timeout: 3600 } });
  const store = connect(bucket);
  server.requests.reset();
  const startedMs = performance.now();
  const ledger = partLedger(connect(STATE), placeOf(bucket));
  const { verdict } = await proveSnapshot(store, { name: snapshot, level: "footers", footersFor: "counter-named", ledger });
  await ledger.save();
  return { verdict, seconds: Math.round(performance.now() - startedMs) / 1000, requests: server.requests.counts() };
}
