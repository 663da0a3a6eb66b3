import { createHash, randomUUID } from "node:crypto";
import { type ControlAnswer, ControlFault, type ControlRequest } from "./answer.ts";

const BUCKET = "fc-temp-bucket";

/** Where a deployment uploads code before a function is created from it: a bucket of the platform's, opened by tempBucketToken. */
export interface CodeBucket {
  /** `GET /2016-08-15/tempBucketToken`: one name and the keys to write it; as the fc3 component reads them. */
  token(): ControlAnswer;
  /** `PUT /<account>/code-…`. */
  put(request: ControlRequest): ControlAnswer;
  /** Reads an upload once. Errors: a fault of 400 when there is none of that name. */
  take(place: { ossBucketName?: string; ossObjectName?: string }): { codeSize: number; codeChecksum: string };
  /** Uploads that no function was made of. */
  left(): string[];
}

export function codeBucket(accountId: string): CodeBucket {
  const allowed = new Set<string>();
  const uploads = new Map<string, Buffer>();
  return {
    token() {
      const objectName = `code-${randomUUID()}`;
      allowed.add(`${accountId}/${objectName}`);
      const credentials = { AccessKeyId: "STS.local", AccessKeySecret: "local", SecurityToken: "local" };
      return { status: 200, body: { credentials, ossRegion: "oss-accelerate", ossBucketName: BUCKET, objectName } };
    },
    put({ path, body }) {
      const name = decodeURIComponent(path.slice(1));
      if (!allowed.delete(name)) throw new ControlFault(403, "AccessDenied", `no token was given for ${name}`);
      uploads.set(name, body);
      return { status: 200 };
    },
    take({ ossBucketName, ossObjectName = "" }) {
      const bytes = ossBucketName === BUCKET ? uploads.get(ossObjectName) : undefined;
      if (bytes === undefined)
        throw new ControlFault(400, "InvalidArgument", `code: there is no object ${ossObjectName} in ${ossBucketName}`);
      uploads.delete(ossObjectName);
      return { codeSize: bytes.length, codeChecksum: createHash("sha256").update(bytes).digest("hex") };
    },
    left: () => [...uploads.keys()],
  };
}
