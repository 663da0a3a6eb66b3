import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { isWriteOn, jobOf, type MakeCheck, openIntents } from "./check.ts";

/** Twice what an instance's clock may be off. */
const CLOCK_MS = 4 * 60_000;

/** Up to 7.6 a cluster does one thing at a time. */
const excludes = (version: string) => /^([2-6]\.|7\.[0-6]\.)/.test(version);

/** 6: up to 7.6 nothing is started on a cluster while work of others, or of another job, has been running there since before we looked. */
export const startsNothingBesideOthers: MakeCheck = ({ stage, kernel, scenario, violated }) => {
  const since = new Map<string, number>();
  const note = (keys: readonly string[]) => {
    for (const key of keys) if (!since.has(key)) since.set(key, kernel.nowMs());
    for (const key of since.keys()) if (!keys.includes(key)) since.delete(key);
  };
  const running = async () => [
    ...(await stage.source.runningSnapshots()).map(({ snapshot }) => `snapshot ${snapshot}`),
    ...(await stage.target.runningRestores()).flatMap(({ indices }) => indices.map((index) => `restore ${index}`)),
  ];

  return {
    number: 6,
    name: "nothing starts beside the work of others",
    async before(effect) {
      const { actor, call, args } = effect;
      if (actor.wasFrozen) return;
      const isSnapshot = excludes(scenario.sourceVersion) && isWriteOn(effect, "cluster:source", "createSnapshot", "deleteSnapshots");
      const isRestore = excludes(scenario.targetVersion) && isWriteOn(effect, "cluster:target", "restore");
      if (!isSnapshot && !isRestore) return;
      const own = call === "restore" ? `restore ${(args[0] as { as: string }).as}` : `snapshot ${[args[1]].flat()[0]}`;
      for (const [other, sinceMs] of since)
        if (other.startsWith(isSnapshot ? "snapshot" : "restore") && other !== own && sinceMs < actor.startedMs)
          violated(`${actor.name}: ${call} while ${other} runs`);
    },
    async step() {
      note(await running());
    },
  };
};

/** 9: an index is deleted only by the job that made it, or by the one that keeps it for a while after it served. */
export const deletesOnlyItsOwn: MakeCheck = ({ stage, kernel, violated }) => ({
  number: 9,
  name: "an index is deleted by the job that made it, or after it was kept long enough and while another one serves",
  async before(effect) {
    if (!isWriteOn(effect, "cluster:target", "deleteIndex")) return;
    const name = String(effect.args[0]);
    const all = await stage.target.listIndices();
    const index = all.find((one) => one.name === name);
    if (!index || effect.actor.wasFrozen) return;
    const marker = index.settings[JOB_MARKER_KEY];
    const open = openIntents(stage.state);
    const isMade = open.some(({ id, kind }) => kind === "restore" && id === marker);
    const isKept = open.some(({ kind, input }) => {
      const { index: kept, uuid, notBefore } = input as { index?: string; uuid?: string; notBefore?: string };
      return kind === "retire" && kept === name && uuid === index.uuid && Date.parse(notBefore ?? "") <= kernel.nowMs() + CLOCK_MS;
    });
    const isServed = all.some((one) => one.name !== name && one.state === "open" && one.aliases.length > 0);
    if (!isMade && !isServed) violated(`${effect.actor.name} deletes ${name}, and nothing else serves`);
    if (!isMade && !isKept) violated(`${effect.actor.name} deletes ${name}, which was made by ${marker ?? "nobody of ours"}`);
  },
});

/** 7: a restore that says it is done restored its indices itself. */
export const doneMeansDone: MakeCheck = ({ violated }) => {
  const made = new Set<string>();
  return {
    number: 7,
    name: "a restore that is done made its indices itself",
    after(effect) {
      const job = jobOf(effect);
      if (effect.call === "restore" && effect.error === undefined && job) made.add(`${(effect.args[0] as { as: string }).as} ${job}`);
      if (!isWriteOn(effect, "state", "put") || !String(effect.args[0]).startsWith("done/restore/")) return;
      const done = JSON.parse(Buffer.from(effect.args[1] as Uint8Array).toString());
      if (done.state !== "done") return;
      for (const { as } of done.result.indices)
        if (!made.has(`${as} ${done.id}`)) violated(`${done.id} is done with ${as}, which it did not restore`);
    },
  };
};
