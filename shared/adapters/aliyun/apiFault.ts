import { AppError, type ErrorCode, messageOf } from "../../model/errors.ts";
import { clockDifference, isClockCode } from "../../model/network/clockDifference.ts";
import { networkFault } from "../network/networkFault.ts";

/** The gateway in front of the API reports some denials as 400 or 404. */
const DENIED_CODES =
  /^(InvalidAccessKeyI[dD]|InvalidSecurityToken|SignatureDoesNotMatch|SignatureNotMatch|IncompleteSignature|Forbidden|NoPermission|AccessDenied)/;
const THROTTLED_CODES = /^(Throttling|ResourceThrottled|ResourceExhausted|ServiceUnavailable|InternalServerError)/;
/** The request itself is wrong, so that repeating it cannot help. */
const INVALID_CODES = /^(Invalid|Missing|Malformed)/;
const NETWORK_CODES = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR)/;

/** An error thrown by the client: an API response (with `statusCode` and `code`), a network fault or a timeout. */
interface ClientError {
  name?: unknown;
  code?: unknown;
  statusCode?: unknown;
  data?: { RequestId?: unknown } | undefined;
}

/** The HTTP status of a response that the client threw; `undefined` when there was no response. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as ClientError | undefined)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** True when the API's error code matches. */
export function isFault(error: unknown, codes: RegExp): boolean {
  return codes.test(String((error as ClientError | undefined)?.code ?? ""));
}

function codeOf(error: unknown): string {
  return String((error as ClientError | undefined)?.code);
}

/** What the keys lack, as a policy names it; or that the clock is wrong, which the API says by its code alone: the client keeps no headers of a refusal. */
function lackedRight(error: unknown, status: number, right: string | undefined): string {
  const clock = clockDifference({ status, code: codeOf(error) }, Date.now());
  if (clock !== undefined) return `; ${clock}`;
  const isRefused = isFault(error, /^(Forbidden|NoPermission|AccessDenied)/) || (status === 403 && !isFault(error, DENIED_CODES));
  return right !== undefined && isRefused ? `; the keys need the right ${right}` : "";
}

/**
 * Maps any error of the OpenAPI client to the closed set of error codes.
 * Neither repeats the API's message nor keeps a denial as `cause`: the message for a wrong signature contains the signed headers, including
 * the security token.
 * @param service as people call it: `Function Compute`.
 * @param right that the call needs: `fc:InvokeFunction`.
 */
export function apiFault(service: string, subject: string, error: unknown, right?: string): AppError {
  const { data } = (error ?? {}) as ClientError;
  const status = statusOf(error);
  const kind = kindOf(error, status);
  if (status === undefined) return new AppError(kind, `${subject}: ${noAnswer(service, error)}`, { cause: error });
  const requestId = data?.RequestId === undefined ? "" : `, request ${String(data.RequestId)}`;
  return new AppError(
    kind,
    `${subject}: ${service} answered ${status} ${codeOf(error)}${requestId}${lackedRight(error, status, right)}`,
    kind === "denied" ? {} : { cause: error },
  );
}

/** The client's message names the address, with its query. */
function noAnswer(service: string, error: unknown): string {
  if (error instanceof SyntaxError) return `the answer of ${service} cannot be read, such as the page of a proxy`;
  return isTransient(error)
    ? `no answer (${networkFault(`${String((error as ClientError).name)} ${messageOf(error)}`).text})`
    : messageOf(error);
}

function kindOf(error: unknown, status: number | undefined): ErrorCode {
  if (status === undefined) return isTransient(error) ? "transient" : "permanent";
  if (status === 401 || status === 403 || isClockCode(codeOf(error)) || isFault(error, DENIED_CODES)) return "denied";
  if (status === 408 || status === 429 || status >= 500 || isFault(error, THROTTLED_CODES)) return "transient";
  if (status === 404) return "absent";
  if (status === 409) return "conflict";
  if (status === 413 || ((status === 400 || status === 412) && isFault(error, INVALID_CODES))) return "invalid";
  // An overdue account, an exhausted quota, a code of a later API: reported, and retried once a person acted.
  return status >= 400 ? "refused" : "permanent";
}

/** No response, or one that is not JSON, for example from a proxy in between. */
function isTransient(error: unknown): boolean {
  const name = String((error as ClientError | undefined)?.name ?? "");
  return isFault(error, NETWORK_CODES) || name.startsWith("RequestTimeout") || name.startsWith("HttpX") || error instanceof SyntaxError;
}
