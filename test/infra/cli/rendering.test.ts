import { describe, expect, it } from "vitest";
import { envelope, errorEnvelope } from "../../../infra/cli/answer.ts";
import { problem } from "../../../infra/cli/exitCodes.ts";
import { withColours } from "../../../infra/cli/screen/colour.ts";
import { type Look, marked, wantsColour, wantsUnicode } from "../../../infra/cli/screen/look.ts";
import { tableLines } from "../../../infra/cli/screen/table.ts";
import { isAllWhole, type Verification, type VerifiedSnapshot } from "../../../infra/cli/verification.ts";
import { verificationText } from "../../../infra/cli/verificationText.ts";
import { reason } from "../../../shared/model/reason.ts";

const look: Look = { colour: false, unicode: true, now: new Date("2026-11-21T04:30:00Z"), program: "ossnap" };

describe("tables", () => {
  it("align columns with Chinese names and coloured words", () => {
    const lines = tableLines(
      [{ head: "NAME" }, { head: "SIZE", align: "right" }, { head: "STATE" }],
      [
        ["备份-1", "7", marked({ ...look, colour: true }, "good", "whole")],
        ["b", "1,234", "x"],
      ],
    );
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
    expect(lines.map((line) => withColours(line).replace(escapes, ""))).toEqual([
      "NAME     SIZE  STATE",
      "备份-1      7  ✓ whole",
      "b       1,234  x",
    ]);
  });
});

describe("signs and colours", () => {
  it("fall back to ASCII without colour where the terminal supports no more", () => {
    expect(marked({ ...look, unicode: false }, "bad", "damaged")).toBe("x damaged");
    expect(wantsUnicode({ LANG: "C" })).toBe(false);
    expect(wantsUnicode({ LANG: "zh_CN.UTF-8" })).toBe(true);
  });

  it.each([
    [true, true, {}, true],
    [true, false, {}, false],
    [true, true, { NO_COLOR: "1" }, false],
    [true, true, { TERM: "dumb" }, false],
    [true, false, { FORCE_COLOR: "1" }, true],
    [false, true, { FORCE_COLOR: "1" }, false],
  ])("requested %s, terminal %s, %o: %s", (asked, isTerminal, environment, wanted) => {
    expect(wantsColour(asked, isTerminal, environment)).toBe(wanted);
  });
});

describe("verification", () => {
  const whole = {
    uuid: "u",
    state: "SUCCESS",
    version: "5.5.2",
    level: "footers" as const,
    reason: null,
    missing: [],
    damaged: [],
    indices: [{ name: "movies", shards: 1, documents: 1234, bytes: 10 }],
  };
  const verification: Verification = {
    repository: { url: "oss://moved/movies", generation: 87, root: "index-87", format: "5.0" },
    snapshots: [
      { ...whole, name: "snap-1", verdict: "whole", blobs: 20_114, bytes: 65_536 },
      {
        ...whole,
        name: "snap-2",
        verdict: "incomplete",
        blobs: 3,
        bytes: 2048,
        missing: [
          { key: "indices/Q/0/__9f", expectedBytes: 104_857_600, foundBytes: null },
          { key: "indices/Q/3/__2a", expectedBytes: 100, foundBytes: 60 },
          { key: "indices/Z/1/snap-Ab.dat", expectedBytes: null, foundBytes: null },
        ],
        damaged: [{ key: "indices/Q/0/__1", check: "footer", expected: "c028", found: "0000" }],
        indices: [],
      },
      {
        ...whole,
        name: "snap-3",
        verdict: "not-restorable",
        blobs: 0,
        bytes: 0,
        indices: [],
        reason: reason("snapshot.notRestorable", { snapshot: "snap-3", state: "FAILED" }),
      },
    ],
  };

  it("shows a verdict with its level for each snapshot, and every faulty blob", () => {
    expect(verificationText(verification, look)).toBe(`oss://moved/movies  generation 87  format 5.0, root index-87
SNAPSHOT  VERDICT           LEVEL     BLOBS  BYTES   DOCUMENTS
snap-1    ✓ whole           footers  20,114  64 KiB      1,234
snap-2    ✗ incomplete      footers       3  2 KiB           –
    missing  indices/Q/0/__9f  expected 104,857,600 B, found nothing
    short    indices/Q/3/__2a  expected 100 B, found 60 B
    missing  indices/Z/1/snap-Ab.dat  found nothing
    damaged  indices/Q/0/__1  footer: expected c028, found 0000
snap-3    – not restorable  footers       –  –               –
    snap-3 is not restorable: state FAILED
✗ 1 of 2 restorable snapshots whole`);
  });

  it("says how many blobs are missing beyond those that are named", () => {
    const [, second] = verification.snapshots;
    const counted = { ...verification, snapshots: second ? [{ ...second, missingBlobs: 499_999 }] : [] };
    expect(verificationText(counted, look)).toContain("\n    … 499,996 more (--json shows more of them)\n");
  });

  it("shows ten thousand snapshots, and of more of them those that are not whole", () => {
    const [first, second] = verification.snapshots as [VerifiedSnapshot, VerifiedSnapshot];
    const many = [...Array.from({ length: 12_000 }, (_, number) => ({ ...first, name: `w${number}` })), second];
    const text = verificationText({ ...verification, snapshots: many }, look);
    expect(text).toContain("\nw9998 ");
    expect(text).not.toContain("\nw9999 ");
    expect(text).toContain("\nsnap-2 ");
    expect(text).toContain("\n… 2,001 more (--json shows all)\n");
  });

  it("is good when every restorable snapshot is whole, and never when there is none", () => {
    const [first, second, third] = verification.snapshots;
    const of = (...snapshots: (typeof first)[]) => isAllWhole({ ...verification, snapshots: snapshots.flatMap((one) => one ?? []) });
    expect([of(first, third), of(first, second), of(third), of()]).toEqual([true, false, false, false]);
  });
});

describe("envelopes", () => {
  const at = new Date("2026-11-21T04:30:00Z");
  it("hold a query's data in one document, and a job's in a final line with its type", () => {
    const answer = { schema: "jobs/1", data: [], exitCode: 0 as const, text: () => "" };
    expect(JSON.parse(envelope(answer, { at, stream: false, program: "ossnap" }))).toEqual({
      ossnap: expect.any(String),
      schema: "jobs/1",
      at: at.toISOString(),
      target: "local",
      data: [],
    });
    expect(JSON.parse(envelope(answer, { at, stream: true, program: "ossnap" }))).toMatchObject({ type: "result", exitCode: 0 });
  });

  it("show a refusal as an error, with the refusing checks", () => {
    const refused = problem("restore-refused", "1 of 9 checks refuse", { refusals: [{ check: "name" }] });
    const text = envelope(
      { schema: "restore-preflight/1", data: {}, exitCode: 4, text: () => "", problem: refused },
      { at, stream: false, program: "ossnap" },
    );
    expect(JSON.parse(text)).toMatchObject({
      schema: "error/1",
      error: { code: "restore-refused", refusals: [{ check: "name" }] },
      exitCode: 4,
    });
    expect(JSON.parse(errorEnvelope(refused, 4, { stream: true, program: "ossnap" }))).toMatchObject({ type: "error" });
  });
});
