import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { deflateRawSync } from "node:zlib";
import { expect, it } from "vitest";
import { decodeIndexMetadata } from "../../shared/format/indexMetadata.ts";
import { wrapPayload } from "./encoding/encodeContainer.ts";
import { encodeSmile } from "./encoding/encodeSmile.ts";

const MEGABYTE = 1024 * 1024;

/** Metadata of an index whose mappings are a list of so many nulls: a thousandth of them when deflated. */
function listOfNulls(count: number): Buffer {
  const document = encodeSmile({ i: { settings: {}, mappings: ["MARK"] } });
  const at = document.indexOf("MARK") - 1;
  const filled = Buffer.concat([document.subarray(0, at), Buffer.alloc(count, 0x21), document.subarray(at + "MARK".length + 1)]);
  return wrapPayload("index-metadata", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(filled)]));
}

it("an error that is kept does not keep the document: sixty of 43 MB would end a function of 512 MB", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const blob = listOfNulls(40 * MEGABYTE);
  const beforeBytes = process.memoryUsage().arrayBuffers;
  const kept: unknown[] = [];
  for (let count = 0; count < 6; count += 1) {
    try {
      decodeIndexMetadata(blob, "indices/i/meta-m.dat");
    } catch (error) {
      kept.push(error);
    }
  }
  collect();
  expect(kept.map((error) => (error as Error).message)).toEqual(Array(6).fill(expect.stringContaining("more than 160 MB of memory")));
  expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(60 * MEGABYTE);
});
