import type { RestoreRequest } from "../../../shared/model/cluster.ts";
import { markingJob } from "../../../shared/model/restoredName.ts";
import type { RestoreData, RestoreInput } from "../../../shared/verbs/restore/step.ts";
import type { Effect } from "../gates.ts";
import { CLOSING } from "../names.ts";
import { isDone, isWriteOn, jobOf, type MakeCheck, openJobs, recordsOf } from "./check.ts";

/** 4: an index that was there is closed only to be restored over, is open in the end, is never deleted, and loses only what is kept or may be lost. */
export const overwritesWithCare: MakeCheck = ({ stage, violated }) => {
  /** Uuids of indices that were there before the restores over them. */
  const old = new Set<string>();

  function plansOf(): { id: string; input: RestoreInput; data: RestoreData }[] {
    return openJobs(stage.state).flatMap((id) => {
      const records = recordsOf(stage.state, id);
      const input = records[0]?.intent?.input as RestoreInput | undefined;
      const data = records.at(-1)?.data as RestoreData | undefined;
      return input?.over && data ? [{ id, input, data }] : [];
    });
  }

  const indices = async () => stage.target.listIndices();

  /** Whoever was frozen or late closes nothing that it did not plan to close. */
  async function judgeClose({ args: [alias] }: Effect): Promise<void> {
    for (const index of (await indices()).filter(({ name, aliases }) => name === alias || aliases.includes(String(alias)))) {
      const plan = plansOf().find(({ data }) => data.targets.some((target) => target.as === index.name && target.old?.uuid === index.uuid));
      if (!plan) violated(`${index.name} is closed, and no restore is to come over it`);
      else if (markingJob(index.settings) === plan.id) violated(`${index.name} is closed after ${plan.id} restored over it`);
    }
  }

  async function judgeRestore(effect: Effect): Promise<void> {
    const { as } = effect.args[0] as RestoreRequest;
    const there = (await indices()).find(({ name }) => name === as);
    const job = jobOf(effect) ?? "";
    if (!there || there.state === "open" || isDone(stage.state, job)) return;
    const plan = plansOf().find(({ id }) => id === job);
    const target = plan?.data.targets.find((one) => one.as === as);
    if (target?.old?.uuid !== there.uuid) violated(`${job} restores over ${as}, which it did not plan`);
    else if (!target.old.kept && !plan?.input.loseOld && !plan?.input.rollsBack)
      violated(`${job} restores over ${as}, which nothing keeps`);
  }

  return {
    number: 4,
    name: "an index is overwritten only as planned, and open in the end",
    async before(effect) {
      if (isWriteOn(effect, "cluster:target", "closeBehind")) return judgeClose(effect);
      if (isWriteOn(effect, "cluster:target", "restore")) return judgeRestore(effect);
      if (!isWriteOn(effect, "cluster:target", "deleteIndex")) return;
      const index = (await indices()).find(({ name }) => name === effect.args[0]);
      if (index && old.has(index.uuid)) violated(`${index.name} is deleted, which was there before a restore came over it`);
    },
    step() {
      for (const { data } of plansOf()) for (const target of data.targets) if (target.old) old.add(target.old.uuid);
    },
    async end() {
      for (const { name, uuid, state, aliases } of await indices()) {
        if (!old.has(uuid) || stage.people.touched.has(name)) continue;
        if (state === "close") violated(`${name} is still closed`);
        // One whose request arrived after its job had ended hinders nobody: a known limit, see docs/jobs.md.
        const guards = aliases.filter((alias) => alias.startsWith(CLOSING));
        if (guards.length > 1) violated(`${name} has ${guards}`);
      }
    },
  };
};
