import { type Base, baseOf } from "../blobs/keys.ts";
import { type OssClient, type OssClientOptions, ossClient } from "./client.ts";
import { isNoSuchKey, ossAnswerOf, ossError } from "./errors.ts";

/** A bucket and base path with the client that reaches it. */
export interface OssPlace {
  client: OssClient;
  url: string;
  base: Base;
  /** For messages: the url with the key, and the call. */
  subject(key: string, call: string): string;
  /** Runs one vendor call with its errors mapped. */
  ask<T>(subject: string, call: () => Promise<T>): Promise<T>;
  /** As `ask`, but undefined when the bucket is there and the key is not. */
  askOfKey<T>(fullKey: string, subject: string, call: () => Promise<T>): Promise<T | undefined>;
}

export function ossPlace(options: OssClientOptions & { basePath: string }): OssPlace {
  const url = options.basePath === "" ? `oss://${options.bucket}` : `oss://${options.bucket}/${options.basePath}`;
  const client = ossClient(options);
  async function ask<T>(subject: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw ossError(error, subject);
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
        return await call();
      } catch (error) {
        const full = needsBody(error) ? await fullAnswer(client, fullKey, error) : error;
        if (isNoSuchKey(full)) return undefined;
        throw ossError(full, subject);
      }
    },
  };
}

/** ali-oss reads no body of a HEAD or a stream, and calls each such 404 NoSuchKey, that of a missing bucket too. */
function needsBody(error: unknown): boolean {
  const { status } = ossAnswerOf(error);
  return status === 404 || status === 403;
}

/** Asks for one byte, because only an answer with a body names its code; the first error when the key is there by now. */
async function fullAnswer(client: OssClient, fullKey: string, first: unknown): Promise<unknown> {
  try {
    await client.get(fullKey, { headers: { Range: "bytes=0-0" } });
  } catch (error) {
    return error;
  }
  return ossAnswerOf(first).status === 404 ? new Error("the key appeared while it was asked for") : first;
}
