import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../local/servers/runProgram.ts";
import type { RootReading } from "./readRoot.ts";

const SNAPSHOTS = 10_000;
const INDICES = 1000;
/** Heap limit for reading the root: what Node has in a function of 512 MB. Buffers are not part of it; `maxRssBytes` shows them. */
const HEAP_MB = 350;

export interface RootFigures extends RootReading {
  rootBytes: number;
  heapLimitMb: number;
}

/** Reads the root of 10,000 snapshots of the same 1,000 indices, in the layout of 5.x, in a child process with a limited heap. */
export async function benchRoot(): Promise<RootFigures> {
  const directory = await mkdtemp(join(tmpdir(), "ossnap-bench-"));
  const file = join(directory, "index-7");
  try {
    await writeRoot(file);
    const program = fileURLToPath(new URL("readRoot.ts", import.meta.url));
    const output = await runProgram("reading the root", process.execPath, [
      `--max-old-space-size=${HEAP_MB}`,
      "--import",
      "tsx",
      program,
      directory,
    ]);
    return { ...(JSON.parse(output) as RootReading), rootBytes: (await stat(file)).size, heapLimitMb: HEAP_MB };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function writeRoot(file: string): Promise<void> {
  const out = createWriteStream(file);
  const uuids = Array.from({ length: SNAPSHOTS }, (_, snapshot) => shortName(`snapshot ${snapshot}`));
  out.write(`{"snapshots":${JSON.stringify(uuids.map((uuid, snapshot) => ({ name: `snap-${snapshot}`, uuid, state: 1 })))},"indices":{`);
  const held = JSON.stringify(uuids);
  for (let index = 0; index < INDICES; index += 1) {
    const entry = `${index === 0 ? "" : ","}"index-${index}":{"id":"${shortName(`index ${index}`)}","snapshots":${held}}`;
    if (!out.write(entry)) await once(out, "drain");
  }
  out.end("}}");
  await once(out, "finish");
}

function shortName(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
