import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { connectPlace } from "../../shared/runtime/wire.ts";
import { peakMemoryBytes } from "./peakMemory.ts";

/** The output of one proof in its own process. */
export interface ProofFigures {
  verdict: string;
  blobs: number;
  digest: string | undefined;
  /** Of this process, as reported by the operating system. */
  maxRssBytes: number;
}

/** Runs as a child process to isolate the proof's memory: endpoint, bucket and snapshot are arguments, keys come from the environment. */
const [endpoint = "", bucket = "", name = ""] = process.argv.slice(2);
const { BENCH_KEY_ID: accessKeyId = "", BENCH_KEY_SECRET: secretAccessKey = "" } = process.env;
const store = connectPlace(
  { store: "oss", bucket, basePath: "", endpoint, region: "cn-hangzhou", accessKeyId, secretAccessKey },
  { requestId: "bench", function: { name: "bench", timeout: 600 } },
);
const { verdict, blobs, closure } = await proveSnapshot(store, { name, level: "names" });
const figures: ProofFigures = { verdict, blobs, digest: closure?.digest, maxRssBytes: peakMemoryBytes() };
console.log(JSON.stringify(figures));
