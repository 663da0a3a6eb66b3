import type { AliasMove } from "../../../shared/model/aliases/aliasMove.ts";
import type { RestoreRequest } from "../../../shared/model/cluster.ts";
import { JOB_MARKER_KEY, parseRestoredIndexName } from "../../../shared/model/restoredName.ts";
import type { RestoreInput } from "../../../shared/verbs/restore/step.ts";
import { listedIn } from "../account/written.ts";
import type { Effect } from "../gates.ts";
import { ALIAS, CLOSING, MOVED, MOVED_LOCATION, OWN_REPOSITORY, PAIR, WATCH } from "../names.ts";
import { isWriteOn, jobOf, keysOf, type MakeCheck, recordsOf } from "./check.ts";

/** 4: nothing is restored unless its blobs are what the cluster wrote for the uuid that the highest root names. */
export const provenBeforeRestored: MakeCheck = ({ stage, account, platform, violated }) => {
  /** When the invocation started that proved it for this restore; what others write afterwards, it cannot know. */
  function provenMs(job: string): number {
    const planned = recordsOf(stage.state, job).find(({ state }) => state === "planned");
    return platform.invocations.find(({ name }) => name === planned?.by.requestId)?.startedMs ?? 0;
  }

  return {
    number: 4,
    name: "only what is proven whole is restored",
    before(effect) {
      if (!isWriteOn(effect, "cluster:target", "restore")) return;
      const request = effect.args[0] as RestoreRequest;
      // Nobody changes the target's own repository.
      if (request.repository === OWN_REPOSITORY) return;
      const what = `restore of ${request.snapshot}`;
      const root = stage.buckets.get(MOVED.bucket)?.get(`${MOVED.basePath}/${account.rootKey()}`)?.bytes;
      const uuids = listedIn(root).flatMap(({ name, uuid }) => (name === request.snapshot ? [uuid] : []));
      const restored = stage.places.at(MOVED_LOCATION).find(({ name }) => name === request.snapshot)?.uuid;
      const job = jobOf(effect) ?? "";
      const wanted = recordsOf(stage.state, job)[0]?.intent?.input as RestoreInput | undefined;
      // The root may change while a request that was sent before is on its way; what was restored is then thrown away.
      if (effect.actor.wasFrozen) return;
      if (uuids.length !== 1 || uuids[0] !== restored) violated(`${what}: the highest root names ${uuids}, not ${restored}`);
      if (wanted && wanted.snapshot.uuid !== restored) violated(`${what}: ${wanted.snapshot.uuid} was proven, ${restored} is restored`);
      const [wrong] = [...account.wrong(restored ?? "", request.index)].filter(([, sinceMs]) => sinceMs < provenMs(job));
      if (wrong) violated(`${what}: its blob ${wrong[0]} is not what the cluster wrote for it`);
    },
  };
};

/** 4: the alias is on exactly one index with started primaries and the right documents, and never moves back. */
export const servesForward: MakeCheck = ({ stage, kernel, account, violated }) => {
  let position = "";
  let before: string[] = [];
  /** Since when primaries of an index are missing. */
  const downSince = new Map<string, number>();

  const holders = async () => (await stage.target.listIndices()).filter(({ aliases }) => aliases.includes(ALIAS)).map(({ name }) => name);

  async function judgeSwap(effect: Effect): Promise<void> {
    const moves = (effect.args[0] as AliasMove[]).filter(({ alias }) => !alias.startsWith(CLOSING));
    for (const { alias, to } of moves) for (const index of to) await judgeMove(effect, alias, index);
  }

  async function judgeMove({ actor }: Effect, alias: string, to: string): Promise<void> {
    const sinceMs = downSince.get(to);
    if (sinceMs !== undefined && sinceMs < actor.startedMs && !actor.wasFrozen)
      violated(`alias ${alias} moves to ${to}, whose primaries are not started`);
    const index = (await stage.target.listIndices()).find(({ name }) => name === to);
    const job = index?.settings[JOB_MARKER_KEY] ?? "";
    const input = recordsOf(stage.state, job)[0]?.intent?.input as RestoreInput | undefined;
    const wanted = input && account.written(input.snapshot.uuid)?.documents[input.indices[0] ?? ""];
    if (wanted === undefined || sinceMs !== undefined) return;
    const found = await stage.target.countDocuments(to);
    if (found !== wanted) violated(`alias ${alias} moves to ${to} with ${found} documents; ${input?.snapshot.uuid} has ${wanted}`);
  }

  async function judgeHolders(effect: Effect): Promise<void> {
    const now = await holders();
    if (now.length > 1 && now.length > before.length) violated(`alias ${ALIAS} is on ${now.join(" and ")}`);
    if (now.length === 0 && before.length > 0) violated(`alias ${ALIAS} was on ${before[0]} and is now on no index`);
    const [digits = "", digitsBefore = ""] = [now[0], before[0]].map((name) => parseRestoredIndexName(name ?? "")?.snapshotDigits);
    // A cluster before 7.x cannot refuse a swap that arrives long after it was sent: a known limit, see docs/jobs.md.
    if (effect.call === "moveAliases" && effect.actor.wasFrozen && digits < digitsBefore) stage.swappedLate = true;
    else if (now.length === 1 && digits < digitsBefore) violated(`alias ${ALIAS} moved back from ${before[0]} to ${now[0]}`);
  }

  return {
    number: 4,
    name: "the alias moves forward, to one index that can serve",
    async before(effect) {
      if (effect.port !== "cluster:target") return;
      before = await holders();
      if (effect.call === "moveAliases") await judgeSwap(effect);
    },
    after: (effect) => (effect.port === "cluster:target" ? judgeHolders(effect) : undefined),
    async step() {
      const highest = keysOf(stage.state, `live/watch/${WATCH}/position/`).at(-1) ?? "";
      if (highest < position) violated(`watch ${WATCH}: its position moved back from ${position} to ${highest || "none"}`);
      position = highest;
      for (const { name, shards, state } of await stage.target.listIndices()) {
        const isUp = state === "close" || (await stage.target.health(name))?.primariesActive === shards;
        if (isUp) downSince.delete(name);
        else if (!downSince.has(name)) downSince.set(name, kernel.nowMs());
      }
    },
  };
};

/** 8: copied repositories are read-only; a restore includes no allocation settings, no blocks and no aliases. */
export const nothingBroughtAlong: MakeCheck = ({ stage, violated }) => {
  /** What an index that is overwritten has already. */
  let aliases: readonly string[] = [];
  const indexOf = async (effect: Effect) =>
    (await stage.target.listIndices()).find(({ name }) => name === (effect.args[0] as RestoreRequest).as);
  return {
    number: 8,
    name: "copied repositories are read-only, and restores include no settings or aliases",
    async before(effect) {
      if (isWriteOn(effect, "cluster:target", "restore")) aliases = (await indexOf(effect))?.aliases ?? [];
      if (!isWriteOn(effect, "cluster:target", "putRepository")) return;
      const [{ name, settings }] = effect.args as [{ name: string; settings: Record<string, unknown> }];
      if (String(settings.readonly) !== "true") violated(`repository ${name} is registered on the target as writable`);
    },
    async after(effect) {
      if (!isWriteOn(effect, "cluster:target", "restore") || effect.error !== undefined) return;
      const index = await indexOf(effect);
      const brought = Object.keys(index?.settings ?? {}).filter((key) => /require|blocks|lifecycle/.test(key));
      const more = (index?.aliases ?? []).filter((alias) => !aliases.includes(alias));
      if (brought.length > 0 || more.length > 0) violated(`restore of ${index?.name} included ${[...brought, ...more]}`);
    },
  };
};

/** 4: aliases that move in one call are on the same indices at every moment, whoever dies or is frozen. */
export const movesTogether: MakeCheck = ({ stage, violated }) => ({
  number: 4,
  name: "several aliases move together",
  async after(effect) {
    if (effect.port !== "cluster:target") return;
    const indices = await stage.target.listIndices();
    const [one, two] = PAIR.map((alias) => indices.flatMap(({ name, aliases }) => (aliases.includes(alias) ? [name] : [])).join());
    if (one !== two) violated(`${PAIR[0]} is on ${one || "none"}, ${PAIR[1]} on ${two || "none"}`);
    if (one?.includes(",")) violated(`${PAIR[0]} is on ${one}`);
  },
});
