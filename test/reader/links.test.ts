import { describe, expect, it } from "vitest";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { linkTally } from "../../shared/proof/links.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { type openRepository, requireRoot } from "../../shared/reader/readRepository.ts";
import { hiddenRoot, refuseHidden } from "../../shared/reader/rootBlob.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { storeOf } from "../format/fixtureRepositories.ts";
import { STEP2 } from "../world/moved.ts";

/** A directory in which these keys are links; what lies below them is not listed either. */
function linked(...links: string[]): BlobStore {
  const isLinked = (key: string) => links.some((link) => key === link || key.startsWith(`${link}/`));
  const store = storeOf(new Map([...STEP2.blobs].filter(([key]) => !isLinked(key))));
  return {
    ...store,
    list(prefix, options) {
      for (const key of links) if (key.startsWith(prefix)) options?.onLink?.(key);
      return store.list(prefix, options);
    },
  };
}

const verdicts = async (store: BlobStore) =>
  (await proveChosen(store, { snapshot: "all", level: "names" })).proofs.map(({ verdict }) => verdict);

describe("a root that is a link", () => {
  it("is not read, and hides the older one that is", async () => {
    const store = linked("index-2");
    const verified = await proveChosen(store, { snapshot: "all", level: "names" });
    expect(verified).toMatchObject({ root: { key: "index-1" }, hiding: ["index-2"], links: { count: 1, first: "index-2" } });
    expect(hiddenRoot(store, verified)).toEqual({ code: "repository.linkedRoot", params: { url: store.url, key: "index-2" } });
    expect(() => refuseHidden(store, verified)).toThrow("it is a link, which is not followed");
    expect((await surveyRepository(store)).hidden?.code).toBe("repository.linkedRoot");
  });

  it("is named when there is no other", async () => {
    const store = linked("index-1", "index-0");
    expect(() => requireRoot({ ...EMPTY, hiding: ["index-1"] }, store.url)).toThrow("its root index-1 is a link");
    await expect(verdicts(store)).rejects.toMatchObject({ reason: { code: "repository.onlyLinkedRoot" } });
  });

  it("hides nothing if it is an older one", async () => {
    const store = linked("index-0");
    const verified = await proveChosen(store, { snapshot: "all", level: "names" });
    expect(verified).toMatchObject({ root: { key: "index-1" }, hiding: [], links: { count: 1, first: "index-0" } });
    expect(verified.proofs.map(({ verdict }) => verdict)).toEqual(["whole", "whole"]);
  });
});

const EMPTY: Awaited<ReturnType<typeof openRepository>> = {
  ...{ root: undefined, rootBytes: undefined, rootInfo: undefined, generations: [], hiding: [] },
};

describe("links in a repository", () => {
  it("are counted by a proof of all snapshots, by one of a single snapshot, and by a survey", async () => {
    const store = linked("indices");
    const links = { count: 1, first: "indices" };
    const one = { snapshot: "snap-2", level: "names" } as const;
    expect((await proveChosen(store, { ...one, snapshot: "all" })).links).toEqual(links);
    expect((await proveChosen(store, one)).links).toEqual(links);
    expect((await surveyRepository(store)).links).toEqual(links);
    expect(await verdicts(store)).toEqual(["incomplete", "incomplete"]);
  });

  it("tell if index.latest is one of them", async () => {
    expect((await surveyRepository(linked("index.latest"))).links).toEqual({ count: 1, first: "index.latest", isPointer: true });
  });

  it("are none in a bucket, and none where only something else is linked", async () => {
    expect((await surveyRepository(storeOf(STEP2.blobs))).links).toBeUndefined();
    expect((await surveyRepository(linked("README", "lost+found"))).links).toBeUndefined();
  });

  it("are counted once, however often they are seen, and up to a limit", () => {
    const tally = linkTally();
    for (let number = 0; number < 20_000; number += 1) tally.add(`indices/${number}`);
    for (const key of ["indices/0", "indices/1"]) tally.add(key);
    expect(tally.links()).toEqual({ count: 10_000, first: "indices/0" });
  });
});
