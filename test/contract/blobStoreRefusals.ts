import { describe, expect, it } from "vitest";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { AppError } from "../../shared/model/errors.ts";
import { type BlobStoreCases, bytesOf, keysOf } from "./blobStoreSubject.ts";

const CALLS: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
  head: (store) => store.head("key"),
  get: (store) => store.get("key"),
  "get of a range": (store) => store.get("key", { start: 0, end: 4 }),
  open: (store) => store.open("key"),
  list: (store) => keysOf(store, ""),
  put: (store) => store.put("key", bytesOf("x")),
  putFrom: (store) => store.putFrom("key", 1, async () => bytesOf("x")),
};
/** Keys that not every store can hold safely. */
const BAD_KEYS: readonly [name: string, key: string][] = [
  ["without a character", ""],
  ["with a leading slash", "/rooted"],
  ["that climbs out", "../outside"],
  ["that climbs out from below", "a/../../outside"],
  ["with a dot segment", "a/./b"],
  ["with a NUL", "nul\0"],
  ["longer than 1023 bytes", "x".repeat(1100)],
];

export function refusalCases({ fresh, subject, traits }: BlobStoreCases): void {
  describe("rejections", () => {
    const missing = skipped(traits.noMissingBucket);
    missing.it.each(Object.keys(CALLS))(`reports a missing bucket as absent, not as a missing key: %s${missing.why}`, async (call) => {
      await expectError(subject().missingBucket, call, "absent", subject().secrets);
    });

    const secrets = skipped(traits.noSecrets);
    secrets.it.each(Object.keys(CALLS))(`reports a wrong secret as denied and never names it: %s${secrets.why}`, async (call) => {
      await expectError(subject().wrongSecret, call, "denied", subject().secrets);
    });

    it.each(BAD_KEYS)("rejects a key %s before it reaches the store", async (_name, key) => {
      const store = fresh();
      await expect(store.get(key)).rejects.toMatchObject({ code: "invalid" });
      await expect(store.head(key)).rejects.toMatchObject({ code: "invalid" });
      await expect(store.put(key, bytesOf("x"))).rejects.toMatchObject({ code: "invalid" });
      await expect(store.delete([key])).rejects.toMatchObject({ code: "invalid" });
    });

    it("rejects a base path with a slash at either end", () => {
      for (const basePath of ["/base", "base/", "a/../b"]) expect(() => subject().at(basePath)).toThrow(AppError);
    });

    it("has a URL without credentials", () => {
      for (const secret of subject().secrets) expect(fresh().url).not.toContain(secret);
    });
  });
}

async function expectError(store: BlobStore | undefined, call: string, code: string, secrets: readonly string[]): Promise<void> {
  if (store === undefined) throw new Error("the subject gives no such store");
  const error = await CALLS[call]?.(store).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code });
  expect((error as AppError).message.startsWith(store.url)).toBe(true);
  const everything = `${(error as AppError).message} ${(error as AppError).stack} ${JSON.stringify((error as AppError).cause)} ${String((error as AppError).cause)}`;
  for (const secret of secrets) expect(everything).not.toContain(secret);
}

function skipped(reason: string | undefined): { it: typeof it | typeof it.skip; why: string } {
  return reason === undefined ? { it, why: "" } : { it: it.skip, why: ` (skipped: ${reason})` };
}
