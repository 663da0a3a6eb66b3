import { createHmac } from "node:crypto";
import { AppError } from "../../model/errors.ts";
import { shortHash } from "../../model/hash.ts";
import type { Notice, Notifier } from "../../model/notice.ts";
import { oneLine, percentEncoded, severalLines, shownCut } from "../../model/plainText.ts";
import { type Reason, type ReasonParam, reason } from "../../model/reason.ts";
import { knownFault } from "../network/networkFault.ts";

/** A receiver that does not answer within this time counts as down. */
const ANSWER_TIMEOUT_MS = 5_000;
const TEXT_CHARACTERS_MAX = 10_000;

export interface WebhookOptions {
  url: string;
  /** Signs the body when given. */
  secret?: string | undefined;
  /** `ossnap/<deployment>` */
  source: string;
}

/** Posts notices as CloudEvents-shaped JSON, signed `t=…,v1=hex(HMAC-SHA256(secret, t + "." + body))`; only a 2xx in 5 s is a success. */
export function webhookNotifier({ url, secret, source }: WebhookOptions): Notifier {
  // The path may contain a token, so only the host appears in messages; two receivers on one host are told apart by a hash.
  const name = `webhook ${new URL(url).host} (${shortHash(6, url)})`;
  return {
    name,
    async send(notice, sentAt) {
      const id = idOf(notice);
      const body = JSON.stringify(payload(notice, id, source));
      const headers: Record<string, string> = { "content-type": "application/json", "idempotency-key": id };
      if (secret !== undefined) headers["x-ossnap-signature"] = signature(secret, body, sentAt);
      let status: number;
      try {
        const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
        // A redirect would carry body and signature to another host.
        const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
        status = answer.status;
        // Only the status counts; the body may be of any size.
        await answer.body?.cancel();
      } catch (error) {
        throw new AppError("transient", `${name}: ${faultOf(error)}`);
      }
      if (status < 200 || status > 299)
        throw new AppError(status >= 500 || status === 429 ? "transient" : "permanent", `${name}: answered ${status}`);
    },
  };
}

/**
 * The same for each try; a fact that is reported again while it is open is another message. A key may hold any name, and a header only visible
 * ASCII: everything else is percent-encoded.
 */
function idOf({ key, since, at, status }: Notice): string {
  const isAgain = status === "firing" && at.getTime() !== since.getTime();
  const visible = key.replace(/[^!-~]+/gu, percentEncoded);
  return `${visible}:${since.toISOString()}:${status}${isAgain ? `:${at.toISOString()}` : ""}`;
}

/** Only what is recognised: another text may contain the address, and with it a token. */
function faultOf(error: unknown): string {
  const { message = "", cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  const said = `${message} ${cause?.code ?? ""} ${cause?.message ?? ""}`;
  const isTimeUp = error instanceof DOMException;
  if (isTimeUp) return `no answer within ${ANSWER_TIMEOUT_MS / 1000} s`;
  return knownFault(said) ?? "the request failed";
}

function payload(notice: Notice, id: string, source: string): unknown {
  return {
    specversion: "1.0",
    id,
    source,
    type: `ossnap.${notice.code}`,
    time: notice.at.toISOString(),
    datacontenttype: "application/json",
    data: {
      status: notice.status,
      severity: notice.severity,
      key: oneLine(notice.key),
      since: notice.since.toISOString(),
      code: notice.reason.code,
      // What an earlier version stored is not bounded.
      params: plainParams(reason(notice.reason.code, notice.reason.params)),
      text: { en: severalLines(shownCut(notice.text, TEXT_CHARACTERS_MAX)) },
      links: notice.job === undefined ? {} : { job: `/jobs/${notice.job}` },
    },
  };
}

/** Names and messages from outside as the terminal shows them: a receiver puts them into a chat or a page. */
function plainParams({ params }: Reason): Reason["params"] {
  const plain = (value: ReasonParam): ReasonParam =>
    typeof value === "string" ? oneLine(value) : Array.isArray(value) ? value.map((item: string) => oneLine(item)) : value;
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, plain(value)]));
}

function signature(secret: string, body: string, at: Date): string {
  const t = Math.floor(at.getTime() / 1000);
  return `t=${t},v1=${createHmac("sha256", secret).update(`${t}.${body}`).digest("hex")}`;
}
