import { createHash, randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc64 } from "../store/crc64.ts";
import { FILE_MODE } from "../store/objectPaths.ts";
import { OssError } from "./ossError.ts";

/** Bytes stored in their own file, outside every bucket, until they are published. */
export interface ReceivedBody {
  path: string;
  sizeBytes: number;
  md5: Buffer;
  crc64: bigint;
}

/** Request bodies held in memory are XML, of which OSS accepts at most this much. */
const XML_BYTES_MAX = 2 * 1024 ** 2;

/** Writes a body to a new file under `directory`; removes the file if the body breaks off. */
export async function receiveBody(body: AsyncIterable<Uint8Array>, directory: string): Promise<ReceivedBody> {
  const path = join(directory, randomUUID());
  const hash = createHash("md5");
  let crc = 0n;
  let sizeBytes = 0;
  const file = await open(path, "wx", FILE_MODE);
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      crc = crc64(chunk, crc);
      sizeBytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.chmod(FILE_MODE);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return { path, sizeBytes, md5: hash.digest(), crc64: crc };
}

/** Reads a small body completely and checks its `Content-MD5`, which `required` makes mandatory. */
export async function receiveXml(body: AsyncIterable<Uint8Array>, contentMd5: string | undefined, required: boolean): Promise<string> {
  if (required && contentMd5 === undefined) throw new OssError(400, "MissingArgument", "Missing Some Required Arguments: Content-MD5.");
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > XML_BYTES_MAX) throw new OssError(400, "MalformedXML", "The XML you provided is larger than 2 MB.");
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  checkMd5(createHash("md5").update(bytes).digest(), contentMd5);
  return bytes.toString("utf8");
}

/** OSS answers both a malformed and a wrong Content-MD5 with InvalidDigest. */
export function checkMd5(actual: Buffer, contentMd5: string | undefined): void {
  if (contentMd5 === undefined || contentMd5 === actual.toString("base64")) return;
  throw new OssError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
}
