import http from "node:http";
import https from "node:https";
import { S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { AppError } from "../../model/errors.ts";

export interface S3ClientOptions {
  bucket: string;
  /** A full URL; then the bucket goes into the path. The region's own endpoint when left out. */
  endpoint?: string | undefined;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  securityToken?: string | undefined;
  requestTimeoutMs?: number | undefined;
}

/** 60 s carry a part of 16 MiB at 280 KB/s. */
const REQUEST_TIMEOUT_MS_DEFAULT = 60_000;
/** A reachable endpoint answers the TCP and TLS handshakes long before. */
const CONNECTION_TIMEOUT_MS = 10_000;
/** More connections than our workers ever use at once; a bound against mistakes. */
const SOCKETS_MAX = 128;

/** The SDK's client without retries of its own and without checksums beyond ours. */
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
    // A stored checksum of the whole blob, sent back with a range of it, reads as "Checksum mismatch".
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: new NodeHttpHandler({
      connectionTimeout: Math.min(CONNECTION_TIMEOUT_MS, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      // Without it a breach is only a warning on the console.
      throwOnRequestTimeout: true,
      // A socket that went silent, also in the middle of an answer that the SDK reads whole.
      socketTimeout: requestTimeoutMs,
      httpAgent: new http.Agent(agents),
      httpsAgent: new https.Agent(agents),
    }),
  });
  keepDate(client);
  return client;
}

/** The store's own clock: the `Date` header that {@link keepDate} kept. */
export function dateOf(output: { $metadata: object }, subject: string): Date {
  const { date } = output.$metadata as { date?: unknown };
  const at = new Date(typeof date === "string" ? date : "");
  if (Number.isNaN(at.getTime())) throw new AppError("transient", `${subject}: the answer carries no date`);
  return at;
}

/** The SDK's outputs leave out the store's clock. */
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

function withProtocol(endpoint: string): string {
  return /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
}
