import { createHash, createHmac } from "node:crypto";

const ALGORITHM = "ACS3-HMAC-SHA256";

export interface Keys {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string | undefined;
}

/**
 * The headers that sign one request to an HTTP trigger with `authType: function`, as in the examples of
 * https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/configure-signature-authentication-for-http-triggers: date and security
 * token (empty without one), and an empty text in place of the body's hash. A signature is accepted for fifteen minutes.
 */
export function triggerHeaders(method: string, url: URL, keys: Keys, now: Date): Record<string, string> {
  const signed = { "x-acs-date": `${now.toISOString().slice(0, 19)}Z`, "x-acs-security-token": keys.securityToken ?? "" };
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(url),
    ...Object.entries(signed).map(([name, value]) => `${name}:${value}`),
    "",
    Object.keys(signed).join(";"),
    "",
  ].join("\n");
  const toSign = `${ALGORITHM}\n${createHash("sha256").update(canonical).digest("hex")}`;
  const signature = createHmac("sha256", keys.accessKeySecret).update(toSign).digest("hex");
  const authorization = `${ALGORITHM} Credential=${keys.accessKeyId},SignedHeaders=${Object.keys(signed).join(";")},Signature=${signature}`;
  return { ...signed, authorization };
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.sort().join("&");
}

/** RFC 3986: `encodeURIComponent` leaves five more characters as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
