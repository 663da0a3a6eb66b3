import type { ByteRange, Written } from "../../model/blobStore.ts";
import { AppError, messageOf } from "../../model/errors.ts";

/** 16 MiB: small enough for a function with 512 MB and for repeating a part, large enough for 160 GB in 10,000 parts. */
export const PART_SIZE_BYTES_DEFAULT = 16 * 1024 * 1024;
/** OSS and S3 both accept at most 10,000 parts per upload. */
const PARTS_MAX = 10_000;
/** An enlarged part size is rounded up to whole MiB. */
const PART_STEP_BYTES = 1024 * 1024;

/** One vendor's calls for a multipart upload; `Part` is what completing the upload needs to know about each part. */
export interface PartsApi<Part> {
  putWhole(body: Uint8Array): Promise<Written>;
  begin(): Promise<string>;
  putPart(uploadId: string, number: number, body: Uint8Array): Promise<Part>;
  complete(uploadId: string, parts: Part[]): Promise<Written>;
  abort(uploadId: string): Promise<unknown>;
}

export interface PartsRequest {
  sizeBytes: number;
  partSizeBytes: number;
  read: (range: ByteRange) => Promise<Uint8Array>;
  ready?: (() => void) | undefined;
  /** For messages: the store's url, the key and the call. */
  subject: string;
}

/** Writes the blob with one PUT or in sequential parts; aborts a failed upload so that its parts incur no storage cost. */
export async function putInParts<Part>(api: PartsApi<Part>, request: PartsRequest): Promise<Written> {
  const { sizeBytes, subject } = request;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new AppError("invalid", `${subject}: size ${sizeBytes} is not a number of bytes: give a whole number from 0`);
  }
  if (sizeBytes <= request.partSizeBytes) {
    const body = await readExactly(request, { start: 0, end: sizeBytes });
    request.ready?.();
    return api.putWhole(body);
  }
  const uploadId = await api.begin();
  try {
    const parts = await putParts(api, request, uploadId);
    request.ready?.();
    return await api.complete(uploadId, parts);
  } catch (error) {
    await abortAfter(error, () => api.abort(uploadId), subject);
    throw error;
  }
}

/** The ranges of the parts, enlarged beyond the requested size where 10,000 parts would not suffice. */
export function partRanges(sizeBytes: number, partSizeBytes: number): ByteRange[] {
  const least = Math.ceil(sizeBytes / PARTS_MAX);
  const step = least <= partSizeBytes ? partSizeBytes : Math.ceil(least / PART_STEP_BYTES) * PART_STEP_BYTES;
  const count = Math.ceil(sizeBytes / step);
  return Array.from({ length: count }, (_, index) => ({ start: index * step, end: Math.min(sizeBytes, (index + 1) * step) }));
}

async function putParts<Part>(api: PartsApi<Part>, request: PartsRequest, uploadId: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (const [index, range] of partRanges(request.sizeBytes, request.partSizeBytes).entries()) {
    parts.push(await api.putPart(uploadId, index + 1, await readExactly(request, range)));
  }
  return parts;
}

/** The reader's bytes of `range`; throws `invalid` when it returns more or fewer. */
export async function readExactly({ read, subject }: Pick<PartsRequest, "read" | "subject">, range: ByteRange): Promise<Uint8Array> {
  const body = await read(range);
  if (body.byteLength !== range.end - range.start) {
    throw new AppError("invalid", `${subject}: the reader gave ${body.byteLength} bytes for the range ${range.start} to ${range.end}`);
  }
  return body;
}

async function abortAfter(error: unknown, abort: () => Promise<unknown>, subject: string): Promise<void> {
  try {
    await abort();
  } catch (abortError) {
    const message = `${messageOf(error)}; its parts could not be removed either: ${messageOf(abortError)}`;
    if (!(error instanceof AppError)) throw new AppError("permanent", `${subject}: ${message}`, { cause: error });
    const { code, reason, retryAfterMs } = error;
    throw new AppError(code, message, { cause: error, ...(reason && { reason }), ...(retryAfterMs !== undefined && { retryAfterMs }) });
  }
}

/** From the text of an answer: without quotes, as everywhere. */
export function writtenAs(etag: string | undefined): Written {
  return etag === undefined ? {} : { etag: etag.replaceAll('"', "") };
}
