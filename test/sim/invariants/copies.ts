import { rootGenerationOf } from "../../../shared/format/keys.ts";
import { decodeRoot } from "../../../shared/format/root.ts";
import { fixtureStep } from "../fixture.ts";
import { AWS, BACKUPS, MOVED } from "../scenario.ts";
import { isWriteOn, type MakeCheck } from "./check.ts";

/** 2: only Elasticsearch changes what Elasticsearch writes; the copier stays in its own destination, and deletes only roots. */
export const onlyOwnBlobs: MakeCheck = ({ scenario, violated }) => ({
  number: 2,
  name: "a copy writes and deletes only in its own destination",
  before(effect) {
    const { port, call, args } = effect;
    if (!/^(oss|s3):/.test(port)) return;
    const what = `${effect.actor.name}: ${call} ${String(args[0]).slice(0, 80)} on ${port}`;
    if (port === `oss:${BACKUPS.bucket}` || port === `s3:${AWS.bucket}`) violated(`${what}: the repository belongs to a cluster`);
    if (port === `oss:${MOVED.bucket}` && Object.keys(scenario.config.copies).length === 0)
      violated(`${what}: the bucket belongs to another writer`);
    const others = call === "delete" ? (args[0] as string[]).filter((key) => rootGenerationOf(key) === undefined) : [];
    if (others.length > 0) violated(`${what}: deletes blobs other than roots`);
  },
});

/** 3: a root appears only after everything that it refers to, and the destination never loses its last one. */
export const readableThroughout: MakeCheck = ({ stage, scenario, violated }) => {
  const needed = new Map<string, ReadonlyMap<string, number>>();
  let hadRoot = false;

  async function look(): Promise<void> {
    if (needed.size === 0)
      for (const step of scenario.steps) for (const { uuid, closure } of (await fixtureStep(step)).snapshots) needed.set(uuid, closure);
    const bucket = stage.buckets.get(MOVED.bucket) ?? new Map();
    const full = (key: string) => `${MOVED.basePath}/${key}`;
    const generations = [...bucket.keys()]
      .map((key) => rootGenerationOf(key.slice(MOVED.basePath.length + 1)))
      .filter((one) => one !== undefined);
    const highest = Math.max(...generations);
    if (generations.length === 0 && hadRoot) violated("the destination has lost its root");
    if (generations.length === 0) return;
    hadRoot = true;
    const key = `index-${highest}`;
    for (const { name, uuid } of decodeRoot(key, bucket.get(full(key))?.bytes ?? new Uint8Array()).snapshots)
      for (const [blob, bytes] of needed.get(uuid) ?? []) {
        const there = bucket.get(full(blob))?.bytes.byteLength;
        if (there !== bytes) violated(`${key} lists ${name}, whose blob ${blob} has ${there ?? "no"} of ${bytes} bytes`);
      }
  }

  return {
    number: 3,
    name: "a copy's destination is readable at all times",
    after: (effect) => (isWriteOn(effect, `oss:${MOVED.bucket}`, "put", "putFrom", "delete") ? look() : undefined),
  };
};
