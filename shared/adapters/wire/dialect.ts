import type { IncomingHttpHeaders } from "node:http";
import type { AppError } from "../../model/errors.ts";
import type { WireClient } from "./client.ts";

/** As policies of RAM name it. */
export type Action = "ListObjects" | "GetObject" | "PutObject" | "DeleteObject" | "AbortMultipartUpload";

/** What S3 and OSS, whose requests are the same, differ in. */
export interface Dialect {
  service: "S3" | "OSS";
  /** For messages; without credentials. */
  url: string;
  send: WireClient;
  rangeHeaders: Readonly<Record<string, string>>;
  ifAbsentHeaders: Readonly<Record<string, string>>;
  /** The id of a request, for messages. */
  requestIdHeader: string;
  /** Whether an answer without a length is none of the store. */
  announcesSize: boolean;
  /** Whether a blob in parts may be listed under another ETag than the answer's. */
  listsOtherEtags: boolean;
  /** Maps a fault to the closed set; passes AppErrors through. */
  error(fault: unknown, subject: string, action: Action): AppError;
  /** The CRC64 of the whole blob in decimal, where the store tells it. */
  crc64Of(headers: IncomingHttpHeaders): string | undefined;
  /** The MD5 of the whole blob in hex, where its ETag may be one. */
  md5Of(headers: IncomingHttpHeaders): string | undefined;
}
