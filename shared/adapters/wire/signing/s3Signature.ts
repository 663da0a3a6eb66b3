import { encodedPath, sortedQuery } from "./encoding.ts";
import type { RequestToSign, SignerOptions, WireSigner } from "./request.ts";
import { scopedSigner, signingTime } from "./scopedKey.ts";

/** The body is covered by its signed Content-MD5; a second digest of it would cost as much as the rest of the request. */
const UNSIGNED = "UNSIGNED-PAYLOAD";
const SPACES = / {2,}/g;

/**
 * AWS Signature Version 4 in a header. Every header that is handed in is signed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function s3Signer({ region, accessKeyId, secretAccessKey, securityToken, service = "s3" }: SignerOptions): WireSigner {
  const scheme = { algorithm: "AWS4-HMAC-SHA256", prefix: "AWS4", service, terminator: "aws4_request" };
  const sign = scopedSigner(scheme, { region, secret: secretAccessKey });
  const token = securityToken === undefined ? {} : { "x-amz-security-token": securityToken };
  return (request, at) => {
    const time = signingTime(at);
    // Only S3 asks for this header.
    const payload = service === "s3" ? { "x-amz-content-sha256": request.bodyHash ?? UNSIGNED } : {};
    const headers: Record<string, string> = { ...request.headers, host: request.host, "x-amz-date": time, ...payload, ...token };
    const { canonical, names } = canonicalOf(request, headers);
    const { signature, scope } = sign(canonical, time);
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}`;
    return headers;
  };
}

/** For tests with the vendor's vectors: the text whose hash is signed. */
function canonicalOf({ method, path, query, bodyHash }: RequestToSign, headers: Readonly<Record<string, string>>) {
  const signed = Object.keys(headers).sort();
  const names = signed.join(";");
  const lines = signed.map((name) => `${name}:${(headers[name] as string).trim().replace(SPACES, " ")}\n`).join("");
  const pairs = sortedQuery(query).map((pair) => pair.join("="));
  const canonical = `${method}\n${encodedPath(path)}\n${pairs.join("&")}\n${lines}\n${names}\n${bodyHash ?? UNSIGNED}`;
  return { canonical, names };
}
