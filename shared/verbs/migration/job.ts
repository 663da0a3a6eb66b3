import type { JobKind, Look } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { lookUpRegistration, registerRepository } from "../../jobs/registration.ts";
import type { World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { isBlocked } from "../../plan/aliases/moves.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject, writeObjectOnce } from "../../state/objects.ts";
import { cancelJob } from "../jobs/ask.ts";
import { gatherMigration, ownRepository } from "./gather.ts";
import { partId } from "./names.ts";
import { askPart } from "./parts.ts";
import { migrationResult, reportMigration } from "./show.ts";
import { failingMigration, LIFTING, stepMigration } from "./step.ts";
import type { CutOver, LastPass, MigrationData, MigrationInput, MigrationJob, MigrationObservation, Part } from "./types.ts";

/** The migration job and its effects; step.ts decides. */
export function migrationKind(world: World, work: OpenWork): JobKind<MigrationInput, MigrationData, MigrationObservation> {
  const questionOf = ({ intent: { input } }: MigrationJob) => {
    const question = ownRepository(world, input);
    if (!question) throw new AppError("invalid", `backups.${input.backups ?? ""}: its repository has no registration`);
    return question;
  };
  return {
    gather: (job) => gatherMigration(world, job),
    step: stepMigration,

    effects: {
      registerOwn: {
        lookUp: (job) => lookUpRegistration(world, questionOf(job), job.head.state, job.head.data),
        perform: (job) => registerRepository(world, questionOf(job)),
      },
      setBlock: {
        lookUp: (job, args: BlockArgs) => lookUpBlock(world, job, args),
        // A setting that is removed is as it was before.
        perform: ({ intent: { input } }, { index, isBlocked: wanted }: BlockArgs) =>
          world.cluster(input.source).updateIndexSettings(index, { "index.blocks.write": wanted ? "true" : null }),
      },
      ask: {
        async lookUp(job, { part }: { part: Part }) {
          const id = partId(job, part);
          if (!(await world.log.done(id)) && !(await world.log.read(id))) return { found: "none" };
          const data = { ...job.head.data, parts: { ...job.head.data.parts, [part]: id } };
          return { found: "ours", state: "waiting", reason: reason("migration.asked", { part, partJob: id }), data };
        },
        perform: (job, { part }: { part: Part }) => askPart(world, work, job, part),
      },
      cancelPart: {
        async lookUp(job, args: { job: string }) {
          const open = (await world.log.done(args.job)) ? undefined : await world.log.read(args.job);
          if (open && !open.head.cancelling) return { found: "none" };
          return { found: "ours", state: job.head.state, reason: reason("migration.partStops", args), data: job.head.data };
        },
        async perform(job, args: { job: string }) {
          await cancelJob(world, args.job, { by: "ossnap", who: job.id });
        },
      },
      cutOver: {
        lookUp: (job) => lookUpCut(world, job),
        async perform(job) {
          const { name } = job.intent.input;
          const before = await readObject<LastPass>(world.state, stateKey.lastPass(name));
          await writeObjectOnce(world.state, stateKey.cutOver(name), { ...cutOf(world, job), ...(before && { before }) });
        },
      },
      reopen: {
        async lookUp(job) {
          const { name, cut } = job.intent.input;
          const there = await readObject<CutOver>(world.state, stateKey.cutOver(name));
          return there?.job === cut?.job && there ? { found: "none" } : withCut(world, job);
        },
        perform: ({ intent: { input } }) => world.state.delete([stateKey.cutOver(input.name)]),
      },
    },

    failing: failingMigration,
    isGivingBack: ({ intent: { input }, head: { data, state } }) =>
      data.failing !== undefined || state === LIFTING || (input.mode === "rollback" && data.times.rollback !== undefined),
    isHolding: ({ intent: { input }, head: { data } }) => input.mode === "cutover" && (data.blocked ?? []).length > 0,
    result: migrationResult,
    finished: (job) => reportMigration(world, job),
  };
}

interface BlockArgs {
  index: string;
  isBlocked: boolean;
}

async function lookUpBlock(world: World, job: MigrationJob, { index, isBlocked: wanted }: BlockArgs): Promise<Look<MigrationData>> {
  const there = (await world.cluster(job.intent.input.source).listIndices()).find(({ name }) => name === index);
  if (there && isBlocked(there, "write") !== wanted) return { found: "none" };
  const why = reason(wanted ? "migration.blocked" : "migration.lifted", { index });
  // Named, so that a job that is cancelled has something to take back, and a way back that began to lift goes on.
  const lifted = job.intent.input.mode === "rollback" ? LIFTING : job.head.state;
  return { found: "ours", state: wanted ? "looking" : lifted, reason: why, data: job.head.data };
}

function cutOf(world: World, { id, intent, head: { data } }: MigrationJob): CutOver {
  return {
    ...{ job: id, at: world.clock.now().toISOString(), by: intent.asked.who, restore: data.parts.restore ?? "" },
    ...{ snapshot: data.snapshot ?? { name: "", uuid: "" }, blocked: data.blocked ?? [], documents: data.restored?.documents ?? 0 },
  };
}

/** Only one cut-over of a migration is in force. */
async function lookUpCut(world: World, job: MigrationJob): Promise<Look<MigrationData>> {
  const { name } = job.intent.input;
  const there = await readObject<CutOver>(world.state, stateKey.cutOver(name));
  if (there === undefined) return { found: "none" };
  if (there.job === job.id) return withCut(world, job);
  return { found: "foreign", reason: reason("migration.isCutAlready", { migration: name, job: there.job, at: there.at }) };
}

function withCut(world: World, job: MigrationJob): Look<MigrationData> {
  const { data } = job.head;
  const times = { ...data.times, cut: world.clock.now().toISOString() };
  const { mode, name } = job.intent.input;
  const why = reason(mode === "rollback" ? "migration.reopened" : "migration.cutRecorded", { migration: name });
  return { found: "ours", state: "cut", reason: why, data: { ...data, times } };
}
