import type { Config } from "../../shared/model/config.ts";
import { VIEWER } from "../runtime/http/door.ts";
import { cutWorld, migratingWorld, passingWorld, syncedWorld } from "../world/migrating.ts";
import type { TestWorld } from "../world/world.ts";
import type { VerbCases } from "./cases.ts";
import { asViewer, failed, type RouteCases } from "./routeCases.ts";
import { DENIED, newWorld, stageOf } from "./stages.ts";

const ROLE = "arn:aws:iam::123456789012:role/SnapshotRole";
const KMS = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const DOMAIN = "https://search-movies-abcdefghijklmnopqrstuvwxyz.eu-west-1.es.amazonaws.com";

/** The cluster `source` is a domain of Amazon's managed service, with a repository that ossnap registers and one that others do. */
export async function domainWorld(change: (config: Config) => void = () => undefined): Promise<TestWorld> {
  return newWorld((config) => {
    config.clusters.source = { url: DOMAIN, aws: { region: "eu-west-1" } };
    const blobs = { store: "s3", bucket: "movies-snapshots", basePath: "prod", region: "eu-west-1" } as const;
    const settings = { bucket: blobs.bucket, base_path: blobs.basePath, region: "eu-west-1", role_arn: ROLE };
    config.repositories["movies-aws"] = { cluster: "source", register: { type: "s3", settings }, blobs };
    config.repositories["others-aws"] = { cluster: "source", blobs: { ...blobs, basePath: "" } };
    change(config);
  });
}

/** In China, behind an address that does not name the domain, and only to be read. */
const chinaWorld = () =>
  domainWorld(({ clusters, repositories }) => {
    clusters.source = { url: "https://search.example.cn", aws: { region: "cn-north-1" } };
    const settings = {
      bucket: "movies-cn",
      region: "cn-north-1",
      role_arn: "arn:aws-cn:iam::123456789012:role/SnapshotRole",
      readonly: true,
    };
    const blobs = { store: "s3", bucket: "movies-cn", basePath: "", region: "cn-north-1" } as const;
    repositories["movies-aws"] = { cluster: "source", register: { type: "s3", settings }, blobs };
  });

const words = (name: string, ...more: string[]) => ["migrate", "policies", name, ...more];

const POLICIES: VerbCases = {
  signature: "migrate policies <name>",
  cases: [
    { outcome: "ok", title: "a repository that ossnap registers", words: words("movies-aws"), stage: stageOf(domainWorld) },
    { outcome: "ok", title: "encrypted with a key of KMS", words: words("movies-aws", "--kms-key", KMS), stage: stageOf(domainWorld) },
    { outcome: "ok", title: "a repository that others register", words: words("others-aws"), stage: stageOf(domainWorld) },
    { outcome: "ok", title: "in China, read only, behind another address", words: words("movies-aws"), stage: stageOf(chinaWorld) },
    { outcome: "failed", title: "a cluster that is no domain", words: words("backups"), stage: stageOf(newWorld) },
    { outcome: "failed", title: "no such repository", words: words("nosuch"), stage: stageOf(newWorld) },
    { outcome: "failed", title: "Amazon's own repository", words: words("cs-automated-enc"), stage: stageOf(domainWorld) },
    { outcome: "failed", title: "no key of KMS", words: words("movies-aws", "--kms-key", "alias/mine"), stage: stageOf(domainWorld) },
  ],
  without: { refused: "it only prints", empty: "every repository needs some rights" },
};

const STATUS: VerbCases = {
  signature: "migrate status [name]",
  cases: [
    { outcome: "ok", title: "before the first pass", words: ["migrate", "status"], stage: stageOf(migratingWorld) },
    { outcome: "ok", title: "after a pass", words: ["migrate", "status", "movies"], stage: stageOf(syncedWorld) },
    { outcome: "ok", title: "a pass is under way", words: ["migrate", "status"], stage: stageOf(passingWorld) },
    { outcome: "ok", title: "after the cut-over", words: ["migrate", "status"], stage: stageOf(cutWorld) },
    { outcome: "failed", title: "the source does not answer", words: ["migrate", "status"], stage: stageOf(silentSource) },
    { outcome: "failed", title: "no such migration", words: ["migrate", "status", "nosuch"], stage: stageOf(migratingWorld) },
    { outcome: "empty", title: "without migrations", words: ["migrate", "status"], stage: stageOf(newWorld) },
  ],
  without: { refused: "it only reads" },
};

/** The source is newer than the target. */
const backwards = () => migratingWorld(undefined, { sourceVersion: "7.10.2", targetVersion: "6.8.23" });
const tooOld = () => migratingWorld(undefined, { sourceVersion: "5.5.2", targetVersion: "7.10.2" });

async function silentSource(): Promise<TestWorld> {
  const world = await syncedWorld();
  world.source.listIndices = async () => {
    throw DENIED;
  };
  return world;
}

const SYNC: VerbCases = {
  signature: "migrate sync <name>",
  cases: [
    { outcome: "ok", title: "dry", words: ["migrate", "sync", "movies", "--dry-run"], stage: stageOf(syncedWorld) },
    { outcome: "ok", title: "begun", words: ["migrate", "sync", "movies"], stage: stageOf(migratingWorld) },
    { outcome: "refused", title: "the target is older", words: ["migrate", "sync", "movies"], stage: stageOf(backwards) },
    { outcome: "refused", title: "the target is too new", words: ["migrate", "sync", "movies", "--dry-run"], stage: stageOf(tooOld) },
    { outcome: "refused", title: "one is under way", words: ["migrate", "sync", "movies"], stage: stageOf(passingWorld) },
    { outcome: "refused", title: "it is cut over", words: ["migrate", "sync", "movies"], stage: stageOf(cutWorld) },
    { outcome: "failed", title: "no such migration", words: ["migrate", "sync", "nosuch"], stage: stageOf(migratingWorld) },
  ],
  without: { empty: "a migration that selects nothing is refused" },
};

const CUTOVER: VerbCases = {
  signature: "migrate cutover <name>",
  cases: [
    { outcome: "ok", title: "dry", words: ["migrate", "cutover", "movies"], stage: stageOf(syncedWorld) },
    {
      outcome: "ok",
      title: "dry, before the first pass",
      words: ["migrate", "cutover", "movies", "--block-writes"],
      stage: stageOf(migratingWorld),
    },
    { outcome: "ok", title: "begun", words: ["migrate", "cutover", "movies", "--block-writes", "--start"], stage: stageOf(syncedWorld) },
    { outcome: "refused", title: "it is cut over", words: ["migrate", "cutover", "movies", "--start"], stage: stageOf(cutWorld) },
    { outcome: "failed", title: "no such migration", words: ["migrate", "cutover", "nosuch"], stage: stageOf(migratingWorld) },
  ],
  without: { empty: "a migration that selects nothing is refused" },
};

const ROLLBACK: VerbCases = {
  signature: "migrate rollback <name>",
  cases: [
    { outcome: "ok", title: "dry", words: ["migrate", "rollback", "movies"], stage: stageOf(cutWorld) },
    { outcome: "ok", title: "begun", words: ["migrate", "rollback", "movies", "--lose-writes", "--start"], stage: stageOf(cutWorld) },
    { outcome: "refused", title: "it is not cut over", words: ["migrate", "rollback", "movies", "--start"], stage: stageOf(syncedWorld) },
    { outcome: "failed", title: "no such migration", words: ["migrate", "rollback", "nosuch"], stage: stageOf(migratingWorld) },
  ],
  without: { empty: "without a cut-over it is refused" },
};

export const MIGRATION_VERBS = [POLICIES, STATUS, SYNC, CUTOVER, ROLLBACK];

const PATH = "/migrations/movies-aws/policies";

const POLICIES_ROUTE: RouteCases = {
  method: "GET",
  path: "/migrations/{name}/policies",
  cases: [
    { outcome: "ok", title: "a repository that ossnap registers", path: `${PATH}?kmsKey=${encodeURIComponent(KMS)}`, world: domainWorld },
    failed("a cluster that is no domain", "/migrations/backups/policies"),
    failed("no such repository", "/migrations/nosuch/policies"),
    failed("no key of KMS", `${PATH}?kmsKey=alias%2Fmine`, {}, domainWorld),
  ],
  without: { refused: "it only reads", empty: "every repository needs some rights" },
};

const READ_ROUTES: RouteCases[] = [
  {
    method: "GET",
    path: "/migrations",
    cases: [
      { outcome: "ok", title: "after a pass", path: "/migrations", world: syncedWorld },
      { outcome: "empty", title: "without migrations", path: "/migrations", world: newWorld },
    ],
    without: { refused: "it only reads", failed: "what fails is named in its answer" },
  },
  {
    method: "GET",
    path: "/migrations/{name}",
    cases: [
      { outcome: "ok", title: "after the cut-over", path: "/migrations/movies", world: cutWorld },
      failed("no such migration", "/migrations/nosuch", {}, migratingWorld),
    ],
    without: { refused: "it only reads", empty: "a name that is not there is a failure" },
  },
];

const ACTING_ROUTES: RouteCases[] = [
  {
    method: "POST",
    path: "/migrations/{name}/sync",
    cases: [
      {
        outcome: "ok",
        title: "dry, as a viewer",
        path: "/migrations/movies/sync",
        options: { token: VIEWER, body: { dryRun: true } },
        world: syncedWorld,
      },
      { outcome: "ok", title: "begun", path: "/migrations/movies/sync", options: { body: {} }, world: migratingWorld },
      asViewer("/migrations/movies/sync"),
      { outcome: "refused", title: "it is cut over", path: "/migrations/movies/sync", options: { body: {} }, world: cutWorld },
      failed("no such migration", "/migrations/nosuch/sync", {}, migratingWorld),
    ],
    without: { empty: "a migration that selects nothing is refused" },
  },
  {
    method: "POST",
    path: "/migrations/{name}/cutover",
    cases: [
      {
        outcome: "ok",
        title: "dry, as a viewer",
        path: "/migrations/movies/cutover",
        options: { token: VIEWER, body: {} },
        world: syncedWorld,
      },
      {
        outcome: "ok",
        title: "begun",
        path: "/migrations/movies/cutover",
        options: { body: { start: true, blockWrites: true } },
        world: syncedWorld,
      },
      {
        outcome: "refused",
        title: "it is cut over",
        path: "/migrations/movies/cutover",
        options: { body: { start: true } },
        world: cutWorld,
      },
      failed("no such migration", "/migrations/nosuch/cutover", {}, migratingWorld),
    ],
    without: { empty: "a migration that selects nothing is refused" },
  },
  {
    method: "POST",
    path: "/migrations/{name}/rollback",
    cases: [
      {
        outcome: "ok",
        title: "dry, as a viewer",
        path: "/migrations/movies/rollback",
        options: { token: VIEWER, body: {} },
        world: cutWorld,
      },
      {
        outcome: "ok",
        title: "begun",
        path: "/migrations/movies/rollback",
        options: { body: { start: true, loseWrites: true } },
        world: cutWorld,
      },
      {
        outcome: "refused",
        title: "it is not cut over",
        path: "/migrations/movies/rollback",
        options: { body: { start: true } },
        world: syncedWorld,
      },
      failed("no such migration", "/migrations/nosuch/rollback", {}, migratingWorld),
    ],
    without: { empty: "without a cut-over it is refused" },
  },
];

export const MIGRATION_ROUTE_CASES = [POLICIES_ROUTE, ...READ_ROUTES, ...ACTING_ROUTES];
