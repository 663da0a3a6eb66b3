/** One bug in the product's own source, with the runs in which the simulator must find it. */
export interface PlantedBug {
  name: string;
  file: string;
  /** Occurs in the file exactly once. */
  find: string;
  replace: string;
  /** Found by a run of this many seeds, starting from 1 … */
  seeds?: number;
  /** … or by one crash at every request of these short scenarios. */
  crashes?: string;
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "the compare-and-set is skipped",
    file: "shared/jobs/log.ts",
    find: "{ ifAbsent: true });\n      return true;",
    replace: "{ ifAbsent: false });\n      return true;",
    seeds: 40,
  },
  {
    name: "a writer treats any existing record as its own",
    file: "shared/jobs/log.ts",
    find: "return there?.by.nonce === by.nonce && there.at === record.at;",
    replace: "return there !== undefined;",
    seeds: 40,
  },
  {
    name: "append retries with the next number after losing the race",
    file: "shared/jobs/log.ts",
    find: 'return (await putRecord(id, record)) ? record : "lost";',
    replace: "while (!(await putRecord(id, record))) record.seq += 1;\n      return record;",
    seeds: 40,
  },
  {
    name: "performs the effect before the claim",
    file: "shared/jobs/claim.ts",
    find: "  const until = new Date(endMs + graceMs).toISOString();",
    replace:
      "  await effect.perform(job, decision.args as never, decision.carry as never).catch(() => undefined);\n  const until = new Date(endMs + graceMs).toISOString();",
    seeds: 10,
  },
  {
    name: "skips the lookup after the claim",
    file: "shared/jobs/claim.ts",
    find: "const before = await lookUpOrRelease(effect, job, { decision, claim }, context);",
    replace: 'const before = { found: "none" } as Awaited<ReturnType<typeof effect.lookUp>>;',
    seeds: 300,
  },
  {
    name: "trusts the response instead of looking the result up",
    file: "shared/jobs/claim.ts",
    find: "  // After a definite rejection one lookup suffices",
    replace:
      '  if (refusal === undefined) return settle(job, { found: "ours", state: job.head.state, reason: decision.reason, data: job.head.data }, context);\n  // After a definite rejection one lookup suffices',
    seeds: 200,
  },
  {
    name: "claims never expire",
    file: "shared/jobs/step.ts",
    find: "if (head.claim && new Date(head.claim.until) > context.clock.now())",
    replace: "if (head.claim)",
    crashes: "backup/kill",
  },
  {
    name: "claims expire immediately",
    file: "shared/jobs/claim.ts",
    find: "new Date(endMs + graceMs)",
    replace: "new Date(context.clock.now().getTime())",
    seeds: 40,
  },
  {
    name: "one failed observation ends running work",
    file: "shared/jobs/step.ts",
    find: "own: begun && now.getTime() < givenUpAt",
    replace: "own: begun && now.getTime() < 0",
    seeds: 300,
  },
  {
    name: "deletes a job's final record, which frees its id",
    file: "shared/jobs/log.ts",
    find: "      await this.sweep(job.id);\n    },",
    replace: "      await this.sweep(job.id);\n      await state.delete([stateKey.done(job.kind, job.id)]);\n    },",
    seeds: 5,
  },
  {
    name: "deletes the log before the final record is written",
    file: "shared/jobs/log.ts",
    find: "    async finish(job, record) {\n",
    replace: "    async finish(job, record) {\n      await this.sweep(job.id);\n",
    crashes: "backup/kill",
  },
  {
    name: "swaps without removing the alias from other indices",
    file: "shared/verbs/restore/job.ts",
    find: "cluster.swapAlias(alias, pattern, to, ours)",
    replace: "cluster.swapAlias(alias, to, to, [])",
    seeds: 15,
  },
  {
    name: "counts unstarted shards as restored",
    file: "shared/verbs/restore/step.ts",
    find: "if (there.primariesActive === target.shards && there.documents !== undefined)",
    replace: "if (there.primariesActive <= target.shards)",
    seeds: 10,
  },
  {
    name: "restores the oldest new snapshot instead of the newest",
    file: "shared/verbs/arrival/look.ts",
    find: 'which === "each" ? [...planned.wanted].reverse() : planned.wanted',
    replace: "[...planned.wanted].reverse()",
    seeds: 60,
  },
  {
    name: "deletes the newest positions instead of the oldest",
    file: "shared/verbs/restore/settle.ts",
    find: "const old = all.slice(0, -POSITIONS_KEPT)",
    replace: "const old = all.slice(1)",
    seeds: 40,
  },
  {
    name: "registers a copied repository as writable",
    file: "shared/jobs/registration.ts",
    find: "readonly: true } };",
    replace: "readonly: false } };",
    seeds: 10,
  },
  {
    name: "publishes the root before the blobs",
    file: "shared/verbs/copy/job.ts",
    find: "  for (const batch of plan.batches) await writeObject(",
    replace:
      "  await world.blobs(job.intent.input.rule.to).put(plan.root.key, plan.rootBytes);\n  for (const batch of plan.batches) await writeObject(",
    crashes: "copy/kill",
  },
  {
    name: "deletes stale roots before the new root is written",
    file: "shared/verbs/copy/publish.ts",
    find: "  if ((await store.head(root.key)) === undefined)",
    replace:
      "  await store.delete([...(await listRoots(store))].filter(([generation]) => generation < root.generation).map(([, { key }]) => key));\n  if ((await store.head(root.key)) === undefined)",
    seeds: 40,
  },
  {
    name: "publishes over a foreign root",
    file: "shared/verbs/copy/publish.ts",
    find: "if (there !== undefined && sha256(there) !== root.sha256)",
    replace: "if (there !== undefined && sha256(there) === root.sha256)",
    seeds: 10,
  },
  {
    name: "counts PARTIAL as success",
    file: "shared/verbs/backup/step.ts",
    find: 'if (snapshot.state !== "SUCCESS") return false;',
    replace: 'if (snapshot.state === "FAILED" || snapshot.state === "IN_PROGRESS") return false;',
    seeds: 10,
  },
  {
    name: "starts another attempt although one was successful",
    file: "shared/verbs/backup/step.ts",
    find: 'if (snapshot.state !== "SUCCESS") return false;\n',
    replace: 'if (snapshot.state !== "SUCCESS" || snapshot.name.includes("-1-")) return false;\n',
    seeds: 5,
  },
  {
    name: "deletes by name only",
    file: "shared/verbs/prune/gather.ts",
    find: "(target.uuid === undefined ? snapshot.startTime.toISOString() === target.startTime : snapshot.uuid === target.uuid)",
    replace: '(target.uuid !== "" || snapshot.uuid === target.uuid)',
    seeds: 120,
  },
  {
    name: "prunes pinned snapshots",
    file: "shared/verbs/prune/gather.ts",
    find: "if (pins.has(uuid ?? name))",
    replace: 'if (pins.has(""))',
    seeds: 40,
  },
  {
    name: "prunes the newest and keeps the oldest",
    file: "shared/plan/retention.ts",
    find: "b.time.getTime() - a.time.getTime() || (a.name < b.name ? 1 : -1)",
    replace: "a.time.getTime() - b.time.getTime() || (a.name < b.name ? 1 : -1)",
    seeds: 20,
  },
  {
    name: "prunes on the timer before any plan was applied by hand",
    file: "shared/verbs/prune/step.ts",
    find: "if (hash === undefined && !seen.appliedBefore)",
    replace: 'if (hash === "" && !seen.appliedBefore)',
    seeds: 10,
  },
  {
    name: "writes secrets unredacted",
    file: "shared/adapters/wrap/redacting.ts",
    find: "const clean = redact(text);",
    replace: "const clean = text;",
    seeds: 20,
  },
];
