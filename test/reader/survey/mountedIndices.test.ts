import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { surveyText } from "../../../infra/cli/survey.ts";
import { isComplete, surveyOf } from "../../../infra/cli/surveyAnswer.ts";
import { decodeContainer } from "../../../shared/format/encoding/container.ts";
import { classifyKey } from "../../../shared/format/keys.ts";
import { surveyRepository } from "../../../shared/reader/survey/surveyRepository.ts";
import { encodeContainer } from "../../format/encoding/encodeContainer.ts";
import { storeOf } from "../../format/fixtureRepositories.ts";

const FOLDER = fileURLToPath(new URL("../../fixtures/es-7.17.9-mounted/repo/", import.meta.url));
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((key) => statSync(FOLDER + key).isFile());
const blobs = new Map(files.map((key) => [key, readFileSync(FOLDER + key)]));
const LOOK = { colour: false, unicode: true, now: new Date("2026-11-30T12:00:00Z"), program: "ossnap" };

async function answerOf(those: ReadonlyMap<string, Uint8Array>) {
  return surveyOf("file:///repo", await surveyRepository(storeOf(those)), new Map());
}

/** The metadata of every index without the settings of a mounted one. */
function unmounted(): Map<string, Uint8Array> {
  const changed = [...blobs].map(([key, bytes]): [string, Uint8Array] => {
    if (classifyKey(key).kind !== "indexMetadata") return [key, bytes];
    const indices = decodeContainer(bytes, "index-metadata", key) as Record<string, { settings: Record<string, unknown> }>;
    for (const index of Object.values(indices))
      index.settings = Object.fromEntries(Object.entries(index.settings).filter(([name]) => !name.startsWith("index.store.")));
    return [key, encodeContainer("index-metadata", indices)];
  });
  return new Map(changed);
}

describe("a survey of snapshots with a mounted index", () => {
  it("says so, counts nothing as missing or damaged, and needs no index's metadata elsewhere", async () => {
    const answer = await answerOf(blobs);
    expect(new Set(answer.snapshots.map(({ condition }) => condition))).toEqual(new Set(["mounted"]));
    expect([answer.damaged, answer.missing, answer.lost.blobs, isComplete(answer)]).toEqual([[], [], 0, true]);
    const text = surveyText(answer, LOOK, "repo").replace(/\s+/g, " ");
    expect(text).toContain("SUCCESS, ! mounted index");
    expect(text).toContain("! These snapshots have an index that was mounted: it has no data of its own");
    expect(text).not.toContain("could not be counted");
  });

  it("calls an empty file list of an index that was not mounted damaged, as a proof does", async () => {
    const answer = await answerOf(unmounted());
    expect(answer.snapshots.filter(({ condition }) => condition === "damaged").map(({ name }) => name)).toContain("snap-1");
    expect(answer.damaged).toContainEqual(expect.objectContaining({ expected: "files with a segments_N", found: "no files" }));
    expect(isComplete(answer)).toBe(false);
  });

  it("leaves open what an empty file list is while the metadata of its index is missing", async () => {
    const without = new Map([...blobs].filter(([key]) => classifyKey(key).kind !== "indexMetadata"));
    const { snapshots, damaged } = await answerOf(without);
    expect([new Set(snapshots.map(({ condition }) => condition)), damaged]).toEqual([new Set(["incomplete"]), []]);
  });
});
