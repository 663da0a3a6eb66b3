import http from "node:http";
import https from "node:https";
import { pipeline, Readable, Transform } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { AppError } from "../../model/errors.ts";
import { outsideTime } from "../../model/restoredName.ts";
import { ANSWER_BYTES_MAX, answerTooLarge } from "../blobs/answers.ts";

export interface S3ClientOptions {
  bucket: string;
  /** A full URL, used with path-style addressing. Defaults to the region's own endpoint. */
  endpoint?: string | undefined;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  securityToken?: string | undefined;
  requestTimeoutMs?: number | undefined;
}

/** 60 s are enough for a part of 16 MiB at 280 KB/s. */
export const REQUEST_TIMEOUT_MS_DEFAULT = 60_000;
/** A reachable endpoint completes the TCP and TLS handshakes long before this. */
const CONNECTION_TIMEOUT_MS = 10_000;
/** More connections than the workers ever use at once; a safety limit. */
const SOCKETS_MAX = 128;

/** The SDK's client without its own retries and checksums. */
export function s3Client(options: S3ClientOptions): S3Client {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS_DEFAULT, endpoint, securityToken } = options;
  const agents = { keepAlive: true, maxSockets: SOCKETS_MAX };
  const client = new S3Client({
    region: options.region,
    ...(endpoint !== undefined && { endpoint: withProtocol(endpoint), forcePathStyle: true }),
    credentials: {
      accessKeyId: options.accessKeyId,
      secretAccessKey: options.secretAccessKey,
      ...(securityToken !== undefined && { sessionToken: securityToken }),
    },
    maxAttempts: 1,
    // A stored checksum of the whole blob, returned with a range of it, would fail as "Checksum mismatch".
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: new NodeHttpHandler({
      connectionTimeout: Math.min(CONNECTION_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      // Without it exceeding the timeout only logs a warning on the console.
      throwOnRequestTimeout: true,
      // Covers a socket that goes silent, also in the middle of a response that the SDK reads as a whole.
      socketTimeout: requestTimeoutMs,
      httpAgent: new http.Agent(agents),
      httpsAgent: new https.Agent(agents),
    }),
  });
  keepDate(client);
  boundAnswers(client);
  return client;
}

/** The store's clock: the `Date` header kept by {@link keepDate}. */
export function dateOf(output: { $metadata: object }, subject: string): Date {
  const { date } = output.$metadata as { date?: unknown };
  const at = outsideTime(Date.parse(typeof date === "string" ? date : ""));
  if (at === undefined) throw new AppError("transient", `${subject}: the answer carries no date`);
  return at;
}

/** The SDK's outputs omit the store's clock. */
function keepDate(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      if (result.output !== undefined) Object.assign(result.output.$metadata, { date: headers?.date });
      return result;
    },
    { step: "deserialize", priority: "high", name: "keepDate" },
  );
}

interface RawAnswer {
  statusCode: number;
  body?: unknown;
}

/** The SDK collects every answer that is no blob, of any size. */
function boundAnswers(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const response = result.response as RawAnswer;
      const isBlob = context.commandName === "GetObjectCommand" && response.statusCode < 300;
      if (!isBlob && response.body instanceof Readable) response.body = bounded(response.body, placeOf(args.input));
      return result;
    },
    { step: "deserialize", priority: "low", name: "boundAnswers" },
  );
}

function placeOf(input: object): string {
  return `s3://${(input as { Bucket?: unknown }).Bucket}`;
}

function bounded(body: Readable, subject: string): Readable {
  let seenBytes = 0;
  const counter = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      seenBytes += piece.byteLength;
      if (seenBytes > ANSWER_BYTES_MAX) done(answerTooLarge(subject));
      else done(null, piece);
    },
  });
  // The error reaches whoever reads the counter.
  return pipeline(body, counter, () => undefined);
}

function withProtocol(endpoint: string): string {
  return /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
}
