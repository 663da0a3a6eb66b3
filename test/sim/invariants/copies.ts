import { rootGenerationOf } from "../../../shared/format/keys.ts";
import type { DoneRecord } from "../../../shared/jobs/record.ts";
import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import type { RestoreInput } from "../../../shared/verbs/restore/step.ts";
import type { WrongBlobs } from "../account/moved.ts";
import { listedIn, newestRoot } from "../account/written.ts";
import type { Effect } from "../gates.ts";
import { AWS, BACKUPS, MOVED } from "../names.ts";
import { doneRecords, isWriteOn, type MakeCheck, openJobs, readBare, recordsOf } from "./check.ts";

/** 2: only Elasticsearch changes what Elasticsearch writes; the copier stays in its own destination, and deletes only roots. */
export const onlyOwnBlobs: MakeCheck = ({ stage, violated }) => ({
  number: 2,
  name: "a copy writes and deletes only in its own destination",
  before(effect) {
    const { port, call, args } = effect;
    if (!/^(oss|s3):/.test(port)) return;
    const what = `${effect.actor.name}: ${call} ${String(args[0]).slice(0, 80)} on ${port}`;
    if (port === `oss:${BACKUPS.bucket}` || port === `s3:${AWS.bucket}`) violated(`${what}: the repository belongs to a cluster`);
    if (port === `oss:${MOVED.bucket}` && Object.keys(stage.config.copies).length === 0)
      violated(`${what}: the bucket belongs to another writer`);
    const others = call === "delete" ? (args[0] as string[]).filter((key) => rootGenerationOf(key) === undefined) : [];
    if (others.length > 0) violated(`${what}: deletes blobs other than roots`);
  },
});

/**
 * 3: a root lists a snapshot only while every blob of it has the bytes that the cluster wrote for it, and the destination never loses its
 * last root. What people broke there is compared again after the next copy by hand.
 */
export const readableThroughout: MakeCheck = ({ stage, kernel, account, violated }) => {
  let hadRoot = false;

  /** What nobody but us can have done. */
  const ours = (wrong: WrongBlobs) => [...wrong].filter(([key]) => !stage.people.brokenKeys.has(key));

  function look(): void {
    const root = account.rootKey();
    if (root === undefined && hadRoot) violated("the destination has lost its root");
    if (root === undefined) return;
    hadRoot = true;
    for (const { name, uuid } of account.listed()) {
      const [first] = ours(account.wrong(uuid));
      if (first) violated(`${root} lists ${name} (${uuid}), whose blob ${first[0]} is not what the cluster wrote for it`);
    }
  }

  /** What a restore of ours reads is not changed under it. */
  async function judgeReaders(effect: Effect): Promise<void> {
    const running = (await stage.target.runningRestores()).flatMap(({ indices }) => indices);
    for (const index of await stage.target.listIndices()) {
      const job = index.settings[JOB_MARKER_KEY];
      if (!running.includes(index.name) || job === undefined) continue;
      const input = recordsOf(stage.state, job)[0]?.intent?.input as RestoreInput | undefined;
      const wrong = input ? ours(account.wrong(input.snapshot.uuid, input.indices[0])) : [];
      const first = wrong.find(([, sinceMs]) => sinceMs === kernel.nowMs());
      if (first) violated(`${effect.actor.name} changes ${first[0]}, which ${job} reads`);
    }
  }

  function judgeByHand(key: string): void {
    const done = readBare<DoneRecord>(stage.state, key);
    if (done?.state !== "done" || done.asked.by !== "person") return;
    const askedMs = new Date(done.createdAt).getTime();
    for (const { name, uuid } of account.listed())
      for (const [blob] of account.wrong(uuid)) {
        const brokenMs = stage.people.brokenKeys.get(blob) ?? 0;
        if (brokenMs < askedMs) violated(`${done.id} is done, but ${name} (${uuid}) lacks the right ${blob}`);
      }
  }

  return {
    number: 3,
    name: "a copy's destination is readable at all times",
    async after(effect) {
      if (isWriteOn(effect, `oss:${MOVED.bucket}`, "put", "putFrom", "delete")) {
        look();
        await judgeReaders(effect);
      }
      if (isWriteOn(effect, "state", "put") && String(effect.args[0]).startsWith("done/copy/")) judgeByHand(String(effect.args[0]));
    },
  };
};

/** 3: what the destination listed once and the source still has is listed when everything is quiet, whatever became of the copies. */
export const listsAgain: MakeCheck = ({ stage, account, violated }) => {
  const everListed = new Map<string, string>();

  /** Of the source's newest root. */
  function atSource(): Set<string> {
    const bucket = stage.buckets.get(AWS.bucket) ?? new Map();
    const folder = `${AWS.basePath}/`;
    const keys = new Map([...bucket.keys()].map((key) => [key.slice(folder.length), true]));
    return new Set(listedIn(bucket.get(folder + newestRoot(keys))?.bytes).map(({ uuid }) => uuid));
  }

  return {
    number: 3,
    name: "a copy lists again what it took off the list",
    after(effect) {
      if (isWriteOn(effect, `oss:${MOVED.bucket}`, "put")) for (const { name, uuid } of account.listed()) everListed.set(uuid, name);
    },
    end() {
      const copies = doneRecords(stage.state, "copy").sort((one, other) => (one.at < other.at ? -1 : 1));
      const isOpen = openJobs(stage.state).some((id) => id.startsWith("copy-"));
      // The next copy lists it; where the source has lost a part of it, nobody can.
      if (isOpen || copies.at(-1)?.state !== "done" || stage.people.rotten) return;
      const listed = new Set(account.listed().map(({ uuid }) => uuid));
      const source = atSource();
      for (const [uuid, name] of everListed)
        if (source.has(uuid) && !listed.has(uuid))
          violated(`${account.rootKey()} no longer lists ${name} (${uuid}), which the source still has`);
    },
  };
};
