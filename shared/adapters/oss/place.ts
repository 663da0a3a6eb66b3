import { answerWithin } from "../blobs/body.ts";
import { type Base, baseOf } from "../blobs/keys.ts";
import { type OssClient, type OssClientOptions, ossClient, REQUEST_TIMEOUT_MS_DEFAULT } from "./client.ts";
import { isNoSuchKey, ossAnswerOf, ossError } from "./errors.ts";

/** As policies of RAM name it. */
type OssAction = "ListObjects" | "GetObject" | "PutObject" | "DeleteObject" | "AbortMultipartUpload" | "GetBucketVersioning";

/** A bucket and base path, with the client that accesses it. */
export interface OssPlace {
  client: OssClient;
  url: string;
  base: Base;
  /** For messages: the url with the key, and the call. */
  subject(key: string, call: string): string;
  /** Runs one vendor call with a limit for its whole answer, beside `sentBytes` of ours, and maps its errors. */
  ask<T>(action: OssAction, subject: string, call: () => Promise<T>, sentBytes?: number): Promise<T>;
  /** Like `ask`, but undefined when the bucket exists and the key does not. */
  askOfKey<T>(fullKey: string, subject: string, call: () => Promise<T>): Promise<T | undefined>;
}

export function ossPlace(options: OssClientOptions & { basePath: string }): OssPlace {
  const url = options.basePath === "" ? `oss://${options.bucket}` : `oss://${options.bucket}/${options.basePath}`;
  const client = ossClient(options);
  const idleTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT;
  const right = (action: OssAction) => `oss:${action} on ${url}`;
  async function ask<T>(action: OssAction, subject: string, call: () => Promise<T>, sentBytes = 0): Promise<T> {
    try {
      return await answerWithin(call(), subject, { idleTimeoutMs, sentBytes });
    } catch (error) {
      throw ossError(error, subject, right(action));
    }
  }
  return {
    client,
    url,
    base: baseOf(options.basePath, url),
    subject: (key, call) => `${url}/${key}: ${call}`,
    ask,
    async askOfKey(fullKey, subject, call) {
      try {
        return await answerWithin(call(), subject, { idleTimeoutMs });
      } catch (error) {
        if (saysNoSuchKey(error)) return undefined;
        const full = needsBody(error) ? await fullAnswer(client, fullKey, error) : error;
        if (isNoSuchKey(full)) return undefined;
        throw ossError(full, subject, right("GetObject"));
      }
    },
  };
}

/** https://www.alibabacloud.com/help/en/oss/support/0026-00000001; a missing bucket has another code, and so has a refusal. */
const NO_SUCH_KEY_EC = "0026-00000001";

/** OSS repeats the code of an error document in a header, also where the answer has no body. */
function saysNoSuchKey(error: unknown): boolean {
  const { status, headers } = ossAnswerOf(error);
  return status === 404 && headers["x-oss-ec"] === NO_SUCH_KEY_EC;
}

/** ali-oss reads no body of a HEAD or a stream and reports each such 404 as NoSuchKey, even for a missing bucket. */
function needsBody(error: unknown): boolean {
  const { status } = ossAnswerOf(error);
  return status === 404 || status === 403;
}

/** Requests one byte, because only a response with a body contains an error code; returns the first error if the key exists by now. */
async function fullAnswer(client: OssClient, fullKey: string, first: unknown): Promise<unknown> {
  try {
    await client.get(fullKey, { headers: { Range: "bytes=0-0" } });
  } catch (error) {
    return error;
  }
  return ossAnswerOf(first).status === 404 ? new Error("the key appeared while it was asked for") : first;
}
