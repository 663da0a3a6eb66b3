import http from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import OSS from "ali-oss";
import { AppError, messageOf } from "../../model/errors.ts";
import { boundedAnswer } from "../blobs/answers.ts";
import { parseListing } from "./listingXml.ts";

export interface OssClientOptions {
  bucket: string;
  /** With or without a scheme, which defaults to https. Defaults to the region's public endpoint. */
  endpoint?: string | undefined;
  /** `cn-hangzhou` or `oss-cn-hangzhou`; required for the signature even with an endpoint. */
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  securityToken?: string | undefined;
  requestTimeoutMs?: number | undefined;
}

/** 60 s are enough for a part of 16 MiB at 280 KB/s. */
export const REQUEST_TIMEOUT_MS_DEFAULT = 60_000;
/** More connections than the workers ever use at once; a safety limit. */
const SOCKETS_MAX = 128;

type Headers = Record<string, string | undefined>;
interface Answer {
  res: { status: number; headers: Headers };
}
interface CallOptions {
  headers?: Record<string, string>;
}

/** The part of ali-oss 6 that ossnap uses; @types/ali-oss lacks some of it and mistypes more. */
export interface OssClient {
  head(name: string): Promise<Answer>;
  get(name: string, options: CallOptions): Promise<Answer & { content: Buffer }>;
  getStream(name: string, options: CallOptions): Promise<Answer & { stream: Readable }>;
  put(name: string, body: Buffer, options: CallOptions & { mime: string }): Promise<Answer>;
  /** Mutates its query; undefined values break the V4 signature. */
  listV2(query: Record<string, string>): Promise<OssPage>;
  deleteMulti(names: string[], options: { quiet: boolean }): Promise<{ deleted: { Key: string }[] }>;
  initMultipartUpload(name: string, options: { mime: string }): Promise<{ uploadId: string }>;
  uploadPart(
    name: string,
    uploadId: string,
    number: number,
    body: Buffer,
    start: number,
    end: number,
    options: CallOptions,
  ): Promise<{ etag: string }>;
  completeMultipartUpload(name: string, uploadId: string, parts: { number: number; etag: string }[]): Promise<Answer>;
  abortMultipartUpload(name: string, uploadId: string): Promise<Answer>;
  getBucketVersioning(bucket: string): Promise<{ versionStatus: string | undefined }>;
}

export interface OssPage extends Answer {
  objects: { name: string; size: number; lastModified: string; etag: string }[] | null;
  isTruncated: boolean;
  /** `NaN` of another document. */
  keyCount: number;
  nextContinuationToken: string | null;
}

/**
 * ali-oss without its pitfalls: https unless the endpoint specifies http, V4 signatures, no retries, its own connections, and the headers
 * of an error response kept on the error.
 */
export function ossClient(options: OssClientOptions): OssClient {
  const agents = { keepAlive: true, maxSockets: SOCKETS_MAX };
  const settings = {
    bucket: options.bucket,
    region: options.region.startsWith("oss-") ? options.region : `oss-${options.region}`,
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    secure: !options.endpoint?.startsWith("http:"),
    accessKeyId: options.accessKeyId,
    accessKeySecret: options.secretAccessKey,
    // Without an interval ali-oss warns on the console about every temporary token.
    ...(options.securityToken !== undefined && { stsToken: options.securityToken, refreshSTSTokenInterval: 300_000 }),
    timeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT,
    authorizationV4: true,
    retryMax: 0,
    agent: new http.Agent(agents),
    httpsAgent: new https.Agent(agents),
  };
  return readingListings(
    keepingErrorHeaders(boundingAnswers(construct(settings, options.bucket), `oss://${options.bucket}`, settings.timeout)),
  );
}

function construct(settings: OSS.Options, bucket: string): OSS {
  try {
    return new OSS(settings);
  } catch (cause) {
    throw new AppError(
      "invalid",
      `oss://${bucket}: the settings are not valid (${constructionFault(messageOf(cause))}); correct bucket, region, endpoint or keys`,
      { cause },
    );
  }
}

/** In words of ours: ali-oss checks the names before it makes a request. */
function constructionFault(said: string): string {
  if (/bucket must be conform/.test(said)) return "a bucket's name has 3 to 63 lower-case letters, digits and hyphens";
  if (/require accessKeyId/.test(said)) return "no access key";
  if (/require/.test(said)) return "a setting is missing";
  return "the client refuses them";
}

interface Urllib {
  request(url: string, params: { streaming?: boolean; customResponse?: boolean }): Promise<{ data: unknown; res: Readable }>;
}

/** urllib collects any answer that is no stream, of any size, and inflates it. Blobs are read as streams, with limits of their own. */
function boundingAnswers(client: OSS, place: string, idleTimeoutMs: number): OSS {
  const inner = client as unknown as { urllib: Urllib };
  const { urllib } = inner;
  inner.urllib = {
    async request(url, params) {
      if (params.streaming === true || params.customResponse === true) return urllib.request(url, params);
      const result = await urllib.request(url, { ...params, streaming: true });
      return { ...result, data: Buffer.from(await boundedAnswer(result.res, place, idleTimeoutMs)) };
    },
  };
  return client;
}

/** ali-oss drops the headers of an error response, including the store's clock and the requested delay. */
function keepingErrorHeaders(client: OSS): OssClient {
  const inner = client as unknown as OssClient & { requestError(result: { headers?: Headers }): Promise<Error & { headers?: Headers }> };
  const original = inner.requestError.bind(inner);
  inner.requestError = async (result) => {
    if (result instanceof AppError) return result;
    const error = await original(result);
    error.headers = result.headers ?? {};
    return error;
  };
  return inner;
}

/** ali-oss spends most of a large listing in its general XML parser; pages of keys bypass it. */
function readingListings(client: OssClient): OssClient {
  const inner = client as OssClient & { parseXML(xml: Buffer | string): Promise<unknown> };
  const original = inner.parseXML.bind(inner);
  // ali-oss reads the members of an empty document.
  inner.parseXML = async (xml) => parseListing(xml.toString()) ?? (await original(xml)) ?? {};
  return inner;
}
