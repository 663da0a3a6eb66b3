import { encodedPath, sortedQuery } from "./encoding.ts";
import type { RequestToSign, SignerOptions, WireSigner } from "./request.ts";
import { scopedSigner, signingTime } from "./scopedKey.ts";

const UNSIGNED = "UNSIGNED-PAYLOAD";
/** Signed without being named, like everything that begins with `x-oss-`. */
const ALWAYS_SIGNED = new Set(["content-type", "content-md5"]);

/**
 * The fourth signature of OSS in a header.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4
 */
export function ossSigner({ region, accessKeyId, secretAccessKey, securityToken }: SignerOptions): WireSigner {
  const scheme = { algorithm: "OSS4-HMAC-SHA256", prefix: "aliyun_v4", service: "oss", terminator: "aliyun_v4_request" };
  const sign = scopedSigner(scheme, { region: region.replace(/^oss-/, ""), secret: secretAccessKey });
  const token = securityToken === undefined ? {} : { "x-oss-security-token": securityToken };
  return (request, at) => {
    const time = signingTime(at);
    const headers: Record<string, string> = {
      ...request.headers,
      host: request.host,
      "x-oss-content-sha256": UNSIGNED,
      "x-oss-date": time,
      ...token,
    };
    const { signature, scope } = sign(canonicalOf(request, headers), time);
    headers.authorization = `OSS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},Signature=${signature}`;
    return headers;
  };
}

function canonicalOf({ method, path, query }: RequestToSign, headers: Readonly<Record<string, string>>): string {
  const signed = Object.keys(headers).filter((name) => ALWAYS_SIGNED.has(name) || name.startsWith("x-oss-"));
  const lines = signed.sort().map((name) => `${name}:${(headers[name] as string).trim()}\n`);
  const pairs = sortedQuery(query).map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  // The empty line names the further headers that are signed: there are none.
  return `${method}\n${encodedPath(path)}\n${pairs.join("&")}\n${lines.join("")}\n\n${UNSIGNED}`;
}
