import { expect, it } from "vitest";
import { surveyRepository } from "../../../shared/reader/survey/surveyRepository.ts";
import { say } from "../../../shared/words/say.ts";
import { storeOf } from "../../format/fixtureRepositories.ts";

function rootOf(indices: number, shards: number): Uint8Array {
  const generations = Array(shards).fill("g");
  const names = Array.from({ length: indices }, (_, number) => `logs-${number}`);
  const held = Object.fromEntries(names.map((name) => [name, { id: name, snapshots: ["uuid"], shard_generations: generations }]));
  return Buffer.from(JSON.stringify({ snapshots: [{ name: "many", uuid: "uuid", state: 1 }], indices: held }));
}

it("is told for a root with more shards than fit into memory, which is not called damaged, and surveys up to that many", async () => {
  const survey = (indices: number, shards: number) => surveyRepository(storeOf(new Map([["index-1", rootOf(indices, shards)]])));
  const error = await survey(7, 60_000).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code: "permanent", reason: { code: "survey.tooManyShards", params: { shards: 420_000 } } });
  expect(say(error.reason)).toContain("names 420,000 shards, and a survey takes at most 400,000 shards: the repository was not surveyed");
  expect((await survey(8, 50_000)).writeNeeds).toHaveLength(400_001);
});
