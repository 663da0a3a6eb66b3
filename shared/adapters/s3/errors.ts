import { AppError } from "../../model/errors.ts";
import { classify, hintOf, plainCause, reasonOf, retryAfterMsOf, type StoreAnswer, unansweredText, unreadable } from "../blobs/classify.ts";
import { Refusal } from "../blobs/refusal.ts";
import { isUnreadableAnswer, withoutRequest } from "../network/networkFault.ts";

interface S3Answer extends Omit<StoreAnswer, "said" | "headers"> {
  requestId: string | undefined;
  headers: Readonly<Record<string, string | undefined>>;
}

/** Names that the SDK assigns to a response without a body or to a missing response. */
const NAMES_WITHOUT_CODE = new Set(["Error", "UnknownError", "Unknown", "403", "404", "NotFound", "Forbidden"]);

/** Maps the SDK's error to the closed set; passes AppErrors through. */
export function s3Error(error: unknown, subject: string): AppError {
  if (error instanceof AppError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const cause = plainCause(error, said);
  if (isCredentialFault(error)) return new AppError("denied", `${subject}: ${said}`, { cause });
  const answer = s3AnswerOf(error);
  // A bug in a call, not a network fault.
  if (error instanceof TypeError && answer.status === undefined) return new AppError("permanent", `${subject}: ${said}`, { cause });
  const retryAfterMs = retryAfterMsOf(answer.headers["retry-after"]);
  return new AppError(classify({ ...answer, said }), `${subject}: ${describe(answer, said)}${hintOf({ ...answer, said })}`, {
    ...reasonOf(answer, subject),
    cause,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

export function s3AnswerOf(error: unknown): S3Answer {
  if (error instanceof Refusal) return error;
  const fields: SdkError = typeof error === "object" && error !== null ? error : {};
  return {
    status: fields.$metadata?.httpStatusCode ?? fields.$response?.statusCode,
    code: fields.name === undefined || NAMES_WITHOUT_CODE.has(fields.name) ? undefined : fields.name,
    requestId: fields.$metadata?.requestId,
    headers: fields.$response?.headers ?? {},
  };
}

interface SdkError {
  name?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
  $response?: { statusCode?: number; headers?: Record<string, string | undefined> };
}

function isCredentialFault(error: unknown): boolean {
  return error instanceof Error && error.name === "CredentialsProviderError";
}

function describe({ status, code, requestId }: S3Answer, said: string): string {
  if (isUnreadableAnswer(said)) return unreadable("S3", status);
  if (status === undefined) return unansweredText(code === undefined ? said : `${said} ${code}`);
  const named = code === undefined ? `HTTP ${status}` : `${code} (HTTP ${status})`;
  // The SDK's own words for an answer without a body.
  const text = said === "" || NAMES_WITHOUT_CODE.has(said) ? "" : `: ${withoutRequest(said)}`;
  return `${named}${text}${requestId === undefined ? "" : `, request ${requestId}`}`;
}
