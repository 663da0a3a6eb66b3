import { AppError } from "../../model/errors.ts";
import { outsideTime } from "../../model/restoredName.ts";
import {
  classify,
  hintOf,
  lackedRight,
  plainCause,
  reasonOf,
  retryAfterMsOf,
  type StoreAnswer,
  unansweredText,
  unreadable,
} from "../blobs/classify.ts";
import { isUnreadableAnswer, withoutRequest } from "../network/networkFault.ts";

/** The data in an ali-oss error; `ossClient` adds the headers. */
export interface OssAnswer extends Omit<StoreAnswer, "said" | "headers"> {
  requestId: string | undefined;
  headers: Readonly<Record<string, string | undefined>>;
}

/** ali-oss appends the whole response to the message of an XML error. */
const RAW_ANSWER = /\nraw xml:[\s\S]*$/;

/** Maps the vendor's error to the closed set; passes AppErrors through. @param right that the call needs: `oss:GetObject on BUCKET/KEY`. */
export function ossError(error: unknown, subject: string, right?: string): AppError {
  if (error instanceof AppError) return error;
  const said = (error instanceof Error ? error.message : String(error)).replace(RAW_ANSWER, "");
  // A bug in a call, not a network fault.
  if (error instanceof TypeError) return new AppError("permanent", `${subject}: ${said}`, { cause: plainCause(error, said) });
  const answer = ossAnswerOf(error);
  const retryAfterMs = retryAfterMsIn(answer);
  return new AppError(
    classify({ ...answer, said }),
    `${subject}: ${describe(answer, said)}${hintOf({ ...answer, said })}${lackedRight(answer, right)}`,
    {
      ...reasonOf(answer, subject),
      cause: plainCause(error, said),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  );
}

/** True when a read of one key was answered with "no such key"; reliable only if the response had a body, see `askOfKey`. */
export function isNoSuchKey(error: unknown): boolean {
  return ossAnswerOf(error).code === "NoSuchKey";
}

export function ossAnswerOf(error: unknown): OssAnswer {
  const fields: Record<string, unknown> = typeof error === "object" && error !== null ? { ...error } : {};
  const { status, code, requestId, headers } = fields;
  return {
    status: typeof status === "number" ? status : undefined,
    code: typeof code === "string" ? code : undefined,
    requestId: typeof requestId === "string" ? requestId : undefined,
    headers: typeof headers === "object" && headers !== null ? (headers as OssAnswer["headers"]) : {},
  };
}

/** The `Date` header of a response, the store's clock. */
export function dateOf(headers: Readonly<Record<string, string | undefined>>, subject: string): Date {
  const at = outsideTime(Date.parse(headers.date ?? ""));
  if (at === undefined) throw new AppError("transient", `${subject}: the answer carries no date`);
  return at;
}

function describe({ status, code, requestId }: OssAnswer, said: string): string {
  if (isUnreadableAnswer(said)) return unreadable("OSS", status);
  if (status === undefined || status <= 0) return unansweredText(code === undefined ? said : `${said} ${code}`);
  const named = code === undefined ? `HTTP ${status}` : `${code} (HTTP ${status})`;
  // ali-oss's own words for an answer without a body.
  const text = said === "" || /^unknow (request )?error/i.test(said) ? "" : `: ${withoutRequest(said)}`;
  return `${named}${text}${requestId === undefined ? "" : `, request ${requestId}`}`;
}

/** OSS reports in milliseconds how long it delays a request over the rate limit: `x-oss-qos-delay-time`. */
function retryAfterMsIn({ headers }: OssAnswer): number | undefined {
  const delay = headers["x-oss-qos-delay-time"];
  return delay !== undefined && /^\d+$/.test(delay) ? Number(delay) : retryAfterMsOf(headers["retry-after"]);
}
