import { AppError } from "../../shared/model/errors.ts";
import type { Instance } from "../../shared/model/instances/instances.ts";
import { setPaused } from "../../shared/verbs/jobs/ask.ts";
import type { TestWorld } from "../world/world.ts";
import type { VerbCases } from "./cases.ts";
import { after, asViewer, failed, type RouteCases } from "./routeCases.ts";
import { DENIED, newWorld, stageOf } from "./stages.ts";

const [OURS, OLDER, THIRD] = ["es-cn-ours", "es-cn-older", "es-cn-third"] as const;
const instance = (id: string, version: string, status: Instance["status"] = "active"): Instance => ({ id, version, status });

/** The cluster `target` is an instance of 6.7 beside one of 5.5.3 and one of 6.7. */
export async function instancesWorld(): Promise<TestWorld> {
  const world = await newWorld((config) => {
    config.clusters.target = { ...config.clusters.target, url: "http://127.0.0.1:9253", instanceId: OURS, region: "cn-hangzhou" };
  });
  for (const one of [instance(OURS, "6.7"), instance(OLDER, "5.5.3"), instance(THIRD, "6.7")]) world.instances.put(one);
  return world;
}

export async function sharedWorld(): Promise<TestWorld> {
  const world = await instancesWorld();
  await world.instances.add(OURS, OLDER, "token");
  return world;
}

const puts =
  (...changed: Instance[]) =>
  (world: TestWorld) => {
    for (const one of changed) world.instances.put(one);
  };
const alone = async () => {
  const world = await newWorld((config) => {
    config.clusters.target = { url: "http://127.0.0.1:9253", instanceId: OURS };
  });
  world.instances.put(instance(OURS, "6.7"));
  return world;
};
const denies = (world: TestWorld) => world.instances.failNext("describe", DENIED);
const pauses = async (world: TestWorld) => setPaused(await world.open(), true, "ops");
const refusesAdd = (world: TestWorld) =>
  world.instances.failNext("add", new AppError("refused", "the repository of es-cn-older was not shared with es-cn-ours: no"));

const TO_TARGET = ["--to", "target"];
const add = (id: string, ...more: string[]) => ["shared", "add", id, ...TO_TARGET, ...more];
const remove = (id: string, ...more: string[]) => ["shared", "remove", id, "--from", "target", ...more];

const LIST: VerbCases = {
  signature: "shared list <cluster>",
  cases: [
    { outcome: "ok", title: "one is shared, one could be", words: ["shared", "list", "target"], stage: stageOf(sharedWorld) },
    { outcome: "empty", title: "nothing is shared", words: ["shared", "list", "target"], stage: stageOf(instancesWorld) },
    { outcome: "empty", title: "there is no other instance", words: ["shared", "list", "target"], stage: stageOf(alone) },
    { outcome: "failed", title: "a cluster that is no instance", words: ["shared", "list", "source"], stage: stageOf(instancesWorld) },
    { outcome: "failed", title: "no such cluster", words: ["shared", "list", "nosuch"], stage: stageOf(instancesWorld) },
    {
      outcome: "failed",
      title: "the keys lack the right",
      words: ["shared", "list", "target"],
      stage: stageOf(instancesWorld, (world) => world.instances.failNext("sharedWith", DENIED)),
    },
  ],
  without: { refused: "it only reads" },
};

const ADD: VerbCases = {
  signature: "shared add <instance>",
  cases: [
    { outcome: "ok", title: "would register it", words: add(OLDER), stage: stageOf(instancesWorld) },
    { outcome: "ok", title: "registers it", words: add(OLDER, "--yes"), stage: stageOf(instancesWorld) },
    { outcome: "ok", title: "both are 6.7", words: add(THIRD), stage: stageOf(instancesWorld) },
    { outcome: "ok", title: "it is shared already", words: add(OLDER, "--yes"), stage: stageOf(sharedWorld) },
    { outcome: "refused", title: "another account's or region's", words: add("es-cn-elsewhere", "--yes"), stage: stageOf(instancesWorld) },
    { outcome: "refused", title: "a newer one", words: add(OLDER, "--yes"), stage: stageOf(instancesWorld, puts(instance(OLDER, "7.10"))) },
    {
      outcome: "refused",
      title: "the target is at work",
      words: add(OLDER, "--yes"),
      stage: stageOf(instancesWorld, puts(instance(OURS, "6.7", "activating"))),
    },
    { outcome: "refused", title: "itself", words: add("target"), stage: stageOf(instancesWorld) },
    { outcome: "refused", title: "ossnap is paused", words: add(OLDER, "--yes"), stage: stageOf(instancesWorld, pauses) },
    { outcome: "failed", title: "no instance id", words: add("movies"), stage: stageOf(instancesWorld) },
    { outcome: "failed", title: "the keys lack the right", words: add(OLDER, "--yes"), stage: stageOf(instancesWorld, denies) },
    { outcome: "failed", title: "the platform refuses", words: add(OLDER, "--yes"), stage: stageOf(instancesWorld, refusesAdd) },
  ],
  without: { empty: "an instance that is not there is refused" },
};

const REMOVE: VerbCases = {
  signature: "shared remove <instance>",
  cases: [
    { outcome: "ok", title: "would take it off", words: remove(OLDER), stage: stageOf(sharedWorld) },
    { outcome: "ok", title: "takes it off", words: remove(OLDER, "--yes"), stage: stageOf(sharedWorld) },
    { outcome: "refused", title: "another one is shared", words: remove(THIRD, "--yes"), stage: stageOf(sharedWorld) },
    { outcome: "refused", title: "nothing is shared", words: remove(OLDER), stage: stageOf(instancesWorld) },
    { outcome: "failed", title: "the keys lack the right", words: remove(OLDER, "--yes"), stage: stageOf(sharedWorld, denies) },
  ],
  without: { empty: "a sharing that is not there is refused" },
};

export const SHARING_VERBS = [LIST, ADD, REMOVE];

const PATH = "/clusters/target/shared";

const LIST_ROUTE: RouteCases = {
  method: "GET",
  path: "/clusters/{name}/shared",
  cases: [
    { outcome: "ok", title: "one is shared, one could be", path: PATH, world: sharedWorld },
    { outcome: "empty", title: "nothing is shared", path: PATH, world: instancesWorld },
    failed("a cluster that is no instance", "/clusters/source/shared", {}, instancesWorld),
    failed("no such cluster", "/clusters/nosuch/shared", {}, instancesWorld),
  ],
  without: { refused: "it only reads" },
};

const ADD_ROUTE: RouteCases = {
  method: "POST",
  path: "/clusters/{name}/shared/add",
  cases: [
    { outcome: "ok", title: "would register it", path: `${PATH}/add`, options: { body: { instance: OLDER } }, world: instancesWorld },
    {
      outcome: "ok",
      title: "registers it",
      path: `${PATH}/add`,
      options: { body: { instance: OLDER, apply: true } },
      world: instancesWorld,
    },
    asViewer(`${PATH}/add`, { instance: OLDER, apply: true }),
    {
      outcome: "refused",
      title: "a newer one",
      path: `${PATH}/add`,
      options: { body: { instance: OLDER, apply: true } },
      world: after(instancesWorld, puts(instance(OLDER, "7.10"))),
    },
    failed("no instance id", `${PATH}/add`, { body: { instance: "movies" } }, instancesWorld),
    failed("a body of another shape", `${PATH}/add`, { body: { id: OLDER } }, instancesWorld),
  ],
  without: { empty: "an instance that is not there is refused" },
};

const REMOVE_ROUTE: RouteCases = {
  method: "POST",
  path: "/clusters/{name}/shared/remove",
  cases: [
    { outcome: "ok", title: "would take it off", path: `${PATH}/remove`, options: { body: { instance: OLDER } }, world: sharedWorld },
    {
      outcome: "ok",
      title: "takes it off",
      path: `${PATH}/remove`,
      options: { body: { instance: OLDER, apply: true } },
      world: sharedWorld,
    },
    {
      outcome: "refused",
      title: "it is not shared",
      path: `${PATH}/remove`,
      options: { body: { instance: THIRD, apply: true } },
      world: sharedWorld,
    },
    failed("the keys lack the right", `${PATH}/remove`, { body: { instance: OLDER } }, after(sharedWorld, denies)),
  ],
  without: { empty: "a sharing that is not there is refused" },
};

export const SHARING_ROUTE_CASES = [LIST_ROUTE, ADD_ROUTE, REMOVE_ROUTE];
