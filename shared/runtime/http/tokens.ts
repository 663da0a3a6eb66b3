import { createHash, timingSafeEqual } from "node:crypto";
import type { HttpToken } from "../../model/config.ts";

/** The configured token that matches the request's, compared with each of them in constant time; `undefined` when none matches. */
export function authenticate(headers: Readonly<Record<string, string>>, tokens: readonly HttpToken[]): HttpToken | undefined {
  const given = tokenOf(headers);
  if (given === undefined) return undefined;
  const hash = createHash("sha256").update(given).digest();
  let found: HttpToken | undefined;
  for (const token of tokens) {
    if (timingSafeEqual(hash, Buffer.from(token.sha256, "hex"))) found = token;
  }
  return found;
}

export function isTokenSent(headers: Readonly<Record<string, string>>): boolean {
  return tokenOf(headers) !== undefined;
}

/** `x-ossnap-token`, else `Authorization: Bearer …`, which carries Function Compute's own signature when its HTTP trigger requires one. */
function tokenOf(headers: Readonly<Record<string, string>>): string | undefined {
  const own = header(headers, "x-ossnap-token");
  if (own !== undefined) return own;
  return /^Bearer (.+)$/i.exec(header(headers, "authorization") ?? "")?.[1];
}

/** Case-insensitive, because Function Compute passes header names in canonical case. */
export function header(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : headers[key];
}
