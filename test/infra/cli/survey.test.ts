import { describe, expect, it } from "vitest";
import { parseSample } from "../../../infra/cli/sample.ts";
import { surveyText } from "../../../infra/cli/survey.ts";
import { type SurveyAnswer, surveyOf } from "../../../infra/cli/surveyAnswer.ts";
import type { Evidence } from "../../../shared/proof/evidence/evidenceRules.ts";
import { surveyRepository } from "../../../shared/reader/survey/surveyRepository.ts";
import { fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";

const look = { colour: false, unicode: true, now: new Date("2026-11-21T12:00:00Z"), program: "ossnap" };
const row = {
  lostBlobs: 0,
  missingMetadata: 0,
  condition: "complete" as const,
  uuid: "u",
  version: "5.5.2",
  indices: ["movies"],
  evidence: null,
};
const survey: SurveyAnswer = {
  repository: { url: "oss://moved/movies", generation: 87, root: "index-87", format: "5.0", moved: true },
  snapshots: [
    {
      ...row,
      name: "snap-2",
      state: "SUCCESS",
      startTime: "2026-11-21T11:00:00Z",
      bytes: 65_536,
      ownBytes: 1024,
      documents: 1234,
      evidence: { verdict: "whole", level: "contents", generation: 87, at: "2026-11-21T11:30:00Z" },
    },
    {
      ...row,
      name: "snap-1",
      missingMetadata: 1,
      condition: "incomplete",
      state: null,
      startTime: null,
      bytes: null,
      ownBytes: null,
      documents: null,
    },
  ],
  orphans: {
    blobs: 2,
    bytes: 2048,
    oldest: new Date("2026-11-20T12:00:00Z"),
    newest: new Date("2026-11-21T11:00:00Z"),
    shown: [],
    certain: false,
  },
  writeNeeds: { total: 7, missing: ["index.latest"] },
  lost: { blobs: 0, bytes: 0, named: [] },
  missingMetadata: { blobs: 1, withoutKey: 0 },
  missing: [{ key: "snap-u.dat", expectedBytes: null, foundBytes: null }],
  damaged: [],
  requests: { list: 1, get: 2, head: 0 },
};

describe("survey text", () => {
  it("has a line per snapshot, a dash for unknown values, and then the orphans", () => {
    expect(surveyText(survey, look, "moved")).toBe(`oss://moved/movies  generation 87  format 5.0, root index-87 · 2 snapshots
NAME    STARTED  STATE         SIZE    OWN    DOCUMENTS  PROVEN
snap-2  1 h ago  SUCCESS       64 KiB  1 KiB      1,234  ✓ contents, 30 min ago
snap-1  –        ✗ incomplete  –       –              –  –
SIZE: what a restore reads. OWN: what no other needs, its metadata included.
Orphans: at most 2 blobs, 2 KiB, written 24 h ago to 1 h ago. No snapshot refers to them: an interrupted snapshot, deletion or copy left them, or one is writing them now. ossnap never deletes them; when nothing writes here, Elasticsearch 7.4 and later do: POST _snapshot/REPOSITORY/_cleanup
✗ Missing: 1 metadata blob, so these cannot be restored as a whole: snap-1 (1)
    snap-u.dat
! No restore needs these blobs, but the next write does:
    index.latest
What is missing of each snapshot, and what helps: ossnap verify moved
! The root changed while it was read: run this again for a consistent view.`);
  });

  it("shows the newest 10,000 snapshots and counts the rest", () => {
    const others = Array.from({ length: 10_002 }, (_, at) => ({ ...row, name: `n${at}`, uuid: `u${at}` }));
    const unknown = { state: null, startTime: null, bytes: null, ownBytes: null, documents: null };
    const lines = surveyText({ ...survey, snapshots: others.map((one) => ({ ...one, ...unknown })) }, look, "moved").split("\n");
    expect(lines.filter((line) => /^n\d/.test(line))).toHaveLength(10_000);
    expect(lines).toContain("… 2 more (--json shows all)");
  });

  it("shows each verdict beside its snapshot, newest snapshot first", async () => {
    const repository = fixtureRepository("es-5.5.2-migration/step2");
    const found = await surveyRepository(storeOf(repository.blobs));
    const uuid = repository.snapshots.find(({ snapshot }) => snapshot === "snap-1")?.uuid ?? "";
    const proven = { verdict: "whole", level: "footers", generation: 1, at: "2026-11-21T11:30:00Z" } as Evidence;
    const { snapshots } = surveyOf("memory://bucket", found, new Map([[uuid, proven]]));
    expect(snapshots.map(({ name, evidence }) => [name, evidence?.level])).toEqual([
      ["snap-2", undefined],
      ["snap-1", "footers"],
    ]);
  });
});

describe("--sample", () => {
  it("is a share or a size", () => {
    expect(["5%", "0.5 %", "100%", "20gb", "1kb"].map((text) => parseSample(text))).toEqual([
      { share: 0.05 },
      { share: 0.005 },
      { share: 1 },
      { bytes: 20 * 1024 ** 3 },
      { bytes: 1024 },
    ]);
  });

  it("is undefined for anything else", () => {
    for (const text of ["0%", "101%", "-5%", "5", "0", "-1", "much", ""]) expect(parseSample(text)).toBeUndefined();
  });
});
