import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { answerWithin } from "../blobs/body.ts";
import { type Base, baseOf } from "../blobs/keys.ts";
import { REQUEST_TIMEOUT_MS_DEFAULT, type S3ClientOptions, s3Client } from "./client.ts";
import { s3AnswerOf, s3Error } from "./errors.ts";

/** A bucket and base path, with the client that accesses it. */
export interface S3Place {
  client: S3Client;
  bucket: string;
  url: string;
  base: Base;
  /** For messages: the url with the key, and the call. */
  subject(key: string, call: string): string;
  /** Runs one vendor call with a limit for its whole answer, beside `sentBytes` of ours, and maps its errors. */
  ask<T>(subject: string, call: () => Promise<T>, sentBytes?: number): Promise<T>;
  /** Like `ask`, but undefined when the bucket exists and the key does not. */
  askOfKey<T>(fullKey: string, subject: string, call: () => Promise<T>): Promise<T | undefined>;
}

export function s3Place(options: S3ClientOptions & { basePath: string }): S3Place {
  const { bucket, basePath } = options;
  const url = basePath === "" ? `s3://${bucket}` : `s3://${bucket}/${basePath}`;
  const client = s3Client(options);
  const idleTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT;
  return {
    client,
    bucket,
    url,
    base: baseOf(basePath, url),
    subject: (key, call) => `${url}/${key}: ${call}`,
    async ask(subject, call, sentBytes = 0) {
      try {
        return await answerWithin(call(), subject, { idleTimeoutMs, sentBytes });
      } catch (error) {
        throw s3Error(error, subject);
      }
    },
    async askOfKey(fullKey, subject, call) {
      try {
        return await answerWithin(call(), subject, { idleTimeoutMs });
      } catch (error) {
        const full = hasNoCode(error) ? await fullAnswer(client, bucket, fullKey, error) : error;
        if (s3AnswerOf(full).code === "NoSuchKey") return undefined;
        throw s3Error(full, subject);
      }
    },
  };
}

/** A HEAD response has no body and therefore no error code: its 404 may refer to the key or to the bucket. */
function hasNoCode(error: unknown): boolean {
  const { status, code } = s3AnswerOf(error);
  return code === undefined && (status === 404 || status === 403);
}

/** Requests one byte, because only a response with a body contains an error code; returns the first error if the key exists by now. */
async function fullAnswer(client: S3Client, bucket: string, fullKey: string, first: unknown): Promise<unknown> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: fullKey, Range: "bytes=0-0" }));
    await Body?.transformToByteArray();
  } catch (error) {
    return error;
  }
  return s3AnswerOf(first).status === 404 ? new Error("the key appeared while it was asked for") : first;
}
