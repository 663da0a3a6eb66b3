import OSS from "ali-oss";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseListing } from "../../../shared/adapters/oss/listingXml.ts";

const general = (xml: string) => (OSS.prototype as unknown as { parseXML(xml: string): Promise<Record<string, unknown>> }).parseXML(xml);

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[char] ?? "");

function page(keys: readonly string[], next?: string): string {
  const contents = keys.map(
    (key, size) =>
      `<Contents><Key>${escaped(key)}</Key><LastModified>2026-11-21T01:00:00.000Z</LastModified><ETag>"5B3C"</ETag><Type>Normal</Type><Size>${size}</Size><StorageClass>Standard</StorageClass><Owner><ID>1</ID><DisplayName>1</DisplayName></Owner></Contents>`,
  );
  const token = next === undefined ? "" : `<NextContinuationToken>${escaped(next)}</NextContinuationToken>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>moved</Name><Prefix>a&amp;b/</Prefix><MaxKeys>1000</MaxKeys>${contents.join("")}<IsTruncated>${next !== undefined}</IsTruncated>${token}<KeyCount>${keys.length}</KeyCount></ListBucketResult>\n`;
}

/** Keys that XML 1.0 can carry, without leading or trailing white space, which the general parser trims. */
const key = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML cannot carry
  .filter((text) => text.trim() === text && !/[\u0000-\u001f\ufffe\uffff]/.test(text));

describe("a page of a listing", () => {
  it("is parsed identically by both parsers, whatever the keys", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 8 }), fc.option(key, { nil: undefined }), async (keys, next) => {
        const xml = page(keys, next);
        const slow = await general(xml);
        const slowKeys = [slow.Contents ?? []].flat().map((object) => (object as { Key: string; Size: string }).Key);
        const fast = parseListing(xml);
        expect(fast?.Contents.map((object) => object.Key)).toEqual(slowKeys);
        expect(fast).toMatchObject({ IsTruncated: slow.IsTruncated, KeyCount: slow.KeyCount });
        expect(fast?.NextContinuationToken).toBe(slow.NextContinuationToken);
      }),
    );
  });

  it("is left to the general parser when it is truncated, which rejects it", async () => {
    const xml = page(["a", "b"], "b");
    expect(parseListing(xml.slice(0, -30))).toBeUndefined();
    await expect(general(xml.slice(0, -30))).rejects.toThrow();
  });

  it("is not recognised in another document, or with common prefixes", () => {
    expect(parseListing("<Error><Code>NoSuchBucket</Code></Error>")).toBeUndefined();
    expect(
      parseListing(page(["a"]).replace("<IsTruncated>", "<CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes><IsTruncated>")),
    ).toBeUndefined();
  });
});
