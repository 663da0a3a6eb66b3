import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import { EN } from "../../shared/words/en.ts";
import { fateText } from "../../shared/words/fateText.ts";
import { bytesText, countText, durationText } from "../../shared/words/numbers.ts";
import { say } from "../../shared/words/say.ts";

const SHARED = fileURLToPath(new URL("../../shared/", import.meta.url));
/** Codes that are composed with a word from a closed list. */
const COMPOSED: Record<string, readonly string[]> = {
  keep: ["hourly", "daily", "weekly", "monthly", "yearly"],
  basePath: ["leadingSlash", "character", "control", "emptySegment", "dots", "tooLong"],
  copy: ["cut", "vanished", "damaged", "failed", "late"],
};

interface Use {
  code: string;
  file: string;
}

/** Every code that the sources pass to `reason`: literal, a choice of two, or composed. */
function codesInUse(): Use[] {
  const files = readdirSync(SHARED, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.flatMap((file) => codesIn(readFileSync(SHARED + file, "utf8")).map((code) => ({ code, file })));
}

function codesIn(source: string): string[] {
  const codes: string[] = [];
  for (const [, argument] of source.matchAll(/\breason\(\s*((?:"[^"]*"|`[^`]*`|[^"`,()]|\([^()]*\))*)/g)) {
    const composed = /`(\w+)\.\$\{/.exec(argument ?? "")?.[1];
    if (composed !== undefined) codes.push(...(COMPOSED[composed] ?? [`${composed}.?`]).map((word) => `${composed}.${word}`));
    codes.push(...[...(argument ?? "").matchAll(/"(\w+\.\w+)"/g)].map(([, code]) => code as string));
  }
  return codes;
}

describe("reason sentences", () => {
  const uses = codesInUse();

  it("are checked by a scan that finds codes in the sources", () => {
    expect(uses.length).toBeGreaterThan(150);
    expect(codesIn('reason("a.b", { c: "d.e" })\nreason(x === "open" ? "f.g" : "h.i", {})\nreason(`keep.$' + "{rule}`)")).toEqual([
      "a.b",
      "f.g",
      "h.i",
      ...["hourly", "daily", "weekly", "monthly", "yearly"].map((rule) => `keep.${rule}`),
    ]);
  });

  it("exist for every code that the sources use", () => {
    expect(uses.filter(({ code }) => !Object.hasOwn(EN, code)).map(({ code, file }) => `${code} in ${file}`)).toEqual([]);
  });

  it("are what a notice or a problem shows: no text contains a bare code", () => {
    const golden = fileURLToPath(new URL("../golden/", import.meta.url));
    const files = readdirSync(golden, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".txt"));
    const shown = files.flatMap((file) => [...readFileSync(golden + file, "utf8").matchAll(/^ *"(?:text|detail)": "(.*)",?$/gm)]);
    expect(shown.length).toBeGreaterThan(100);
    const isBare = (text: string) => [...text.matchAll(/(?<![\w.[])\w+\.\w+(?![\w.\]])/g)].some(([word]) => Object.hasOwn(EN, word));
    expect(shown.map(([, text = ""]) => text).filter(isBare)).toEqual([]);
  });

  it("have no article after a number, which a plural form prints before its words", () => {
    const after = /\{\w+\|(?:[^{}|]*\|)?(?:an?|another|one|the) /;
    expect(Object.keys(EN).filter((code) => after.test(EN[code] ?? ""))).toEqual([]);
    expect(say({ code: "writers.snapshots", params: { repository: "b", count: 1, names: ["x"] } })).toContain(
      "took 1 snapshot in repository b",
    );
    expect(say({ code: "writers.slm", params: { cluster: "c", repository: "b", count: 2, names: ["x", "y"] } })).toContain(
      "on c, 2 SLM policies write into the place of repository b: x, y",
    );
  });

  it("are all used", () => {
    const known = new Set(uses.map(({ code }) => code));
    expect(Object.keys(EN).filter((code) => !known.has(code))).toEqual([]);
  });
});

describe("a sentence", () => {
  it("shows sizes, lists and unknown values", () => {
    expect(say({ code: "copy.done", params: { blobs: 3, bytes: 44_250_000_000, root: "index-3" } })).toBe(
      "3 blobs, 41.2 GiB copied; index-3 published",
    );
    expect(say({ code: "restore.refused", params: { refusals: ["alias.isIndex", "name.open"], alias: "films" } })).toBe(
      "the preflight fails: an index is named films, so no alias can have this name (and 1 more fault)",
    );
    const fix = { fix: "wayOut.deleteIndex", "fix.index": "movies-2" };
    expect(say({ code: "restore.refused", params: { refusals: ["name.taken"], index: "movies", as: "movies-2", ...fix } })).toBe(
      "the preflight fails: movies-2 exists and was not created by this job; delete movies-2 first, if it is no longer needed",
    );
    expect(say({ code: "copy.cut", params: { key: "__1", expectedBytes: 9, foundBytes: null } })).toBe(
      "__1 is too short: expected 9 B, found – B",
    );
    expect(say({ code: "job.patience", params: { until: "05:30", because: "lane.busy", job: "restore-1", cluster: "es-hz" } })).toBe(
      "gave up at 05:30: waits: restore-1 is working on es-hz",
    );
    expect(say({ code: "alias.moves", params: {} })).toBe("alias – moves to the restored index in one request");
  });

  it.each([null, undefined, ""])("leaves out what is not there, and does not end in a colon or a dash: %j", (nothing) => {
    const parts = {
      snapshot: "s",
      files: 2,
      percent: 40,
      verifiedBytes: 1024,
      bytes: 4096,
      ...(nothing === undefined ? {} : { etaSeconds: nothing }),
    };
    expect(say({ code: "arrival.parts", params: parts })).toMatch(/ are read \(1 KiB of 4 KiB\)$/);
    const ended = { snapshot: "s", state: "FAILED", shardsFailed: 0, ...(nothing === undefined ? {} : { first: nothing }) };
    expect(say({ code: "backup.notGood", params: ended })).toBe("s ended as FAILED: 0 shards failed");
    const absent = { index: "movie", ...(nothing === undefined ? {} : { near: nothing }) };
    expect(say({ code: "selection.absent", params: absent })).toBe("index movie does not exist");
  });

  it("falls back to its code and parameters if it has no words", () => {
    expect(say({ code: "new.code", params: { a: 1, b: [] } })).toBe("new.code (a=1, b=none)");
    expect(say({ code: "new.code", params: {} })).toBe("new.code");
  });
});

describe("human-readable numbers", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [44_250_000_000, "41.2 GiB"],
    [1024 ** 6, "1024 PiB"],
  ])("format %i bytes as %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it.each([
    [8.42, "8.4 s"],
    [45.4, "45 s"],
    [3120, "52 min"],
    [11_520, "3 h 12 min"],
    [400_000, "5 d"],
  ])("format %f seconds as %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it("group thousands", () => {
    expect(countText(52_118)).toBe("52,118");
  });
});

describe("counts in sentences", () => {
  it("have their singular and their plural", () => {
    expect(say({ code: "selection.chosen", params: { count: 1, indices: ["a"] } })).toBe("1 index: a");
    expect(say({ code: "selection.chosen", params: { count: 2310, indices: ["a"] } })).toBe("2,310 indices: a");
    expect(say({ code: "watch.lost", params: { watch: "w", count: 1, keys: ["k"], snapshots: ["s"] } })).toContain(
      "1 snapshot cannot be restored, because its own blob is missing",
    );
    expect(say({ code: "selection.chosen", params: {} })).toBe("– indices: –");
  });

  /** Of these a sentence counts some; a bare `{n}` in front of one would say "1 indices". */
  const COUNTED =
    /\{\w+\} (?:\w+ )?(?:attempts|batches|blobs|checks|documents|files|indices|objects|replicas|shards|slots|snapshots|times|warnings)\b/;

  it("are never written as a bare number in front of a plural", () => {
    expect("{count} indices").toMatch(COUNTED);
    const lists = ["snapshot.ambiguous", "state.foreign"];
    const bare = Object.entries(EN).filter(([code, sentence]) => !lists.includes(code) && COUNTED.test(sentence));
    expect(bare.map(([code, sentence]) => `${code}: ${sentence}`)).toEqual([]);
  });

  it("are not written so in the sources of the command line either", () => {
    const folder = fileURLToPath(new URL("../../infra/cli/", import.meta.url));
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const bare =
      /\$\{[^}]+\} (?:\w+ )?(?:attempts|batches|blobs|checks|documents|files|indices|objects|replicas|shards|slots|snapshots|times|warnings)\b/;
    const found = files.flatMap((file) =>
      readFileSync(folder + file, "utf8")
        .split("\n")
        .filter((line) => bare.test(line)),
    );
    expect(found.map((line) => line.trim())).toEqual([]);
  });
});

describe("every sentence", () => {
  it("has no parameter left in braces when it is said, such as one with an unknown unit", () => {
    const left = Object.keys(EN).filter((code) => /[{}]/.test(say({ code, params: {} })));
    expect(left).toEqual([]);
  });
});

describe("sentences for people", () => {
  it("are plain English: none of the words that were found odd comes back", () => {
    const odd =
      /\b(somebody|nobody|whoever|anew|for ever|by itself|goes on|go on|is told|beforehand|of now|no timer came|is begun|has begun|stays?\b)/i;
    expect(
      Object.entries(EN)
        .filter(([, sentence]) => odd.test(sentence))
        .map(([code]) => code),
    ).toEqual([]);
  });
});

describe("the fate of a snapshot", () => {
  it("names a slot that has passed as one whose snapshot is missing, not as a time to come", () => {
    const reasons = [reason("keep.newest")];
    const local = "2026-11-24 01:30 +00:00";
    expect(fateText({ decision: "keep", reasons, until: { local } })).toMatch(/^kept until 2026-11-24 01:30 \+00:00: /);
    expect(fateText({ decision: "keep", reasons, until: { local, passed: true } })).toMatch(
      /^kept until slot 2026-11-24 01:30 \+00:00 has its good snapshot: /,
    );
  });
});
