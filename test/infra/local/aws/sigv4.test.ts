import { describe, expect, it } from "vitest";
import { sigv4Fault } from "../../../../infra/local/aws/sigv4.ts";
import type { SignedRequest } from "../../../../infra/local/servers/signedRequest.ts";

/** The key, scope and time of AWS's published test suite. */
const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const SCOPE = { region: "us-east-1", service: "service" };
const NOW = Date.parse("2015-08-30T12:36:00Z");

function request(signature: string, { method = "GET", url = "/" } = {}): SignedRequest {
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  const headers = { host: "example.amazonaws.com", "x-amz-date": "20150830T123600Z", authorization };
  return { method, url, headers, body: new Uint8Array() };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, as many projects repeat them. */
const VECTORS = [
  { name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
  { name: "post-vanilla", method: "POST", signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
  {
    name: "get-vanilla-query-order-key-case",
    url: "/?Param2=value2&Param1=value1",
    signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  },
];

describe("the stand-in's own check of signatures", () => {
  it.each(VECTORS)("accepts AWS's vector $name", ({ signature, ...rest }) => {
    expect(sigv4Fault(request(signature, rest), KEYS, SCOPE, NOW)).toBeUndefined();
  });

  it("refuses the vector with any digit changed, for another path or another method", () => {
    const [{ signature }] = VECTORS as [(typeof VECTORS)[number]];
    const others = [request(signature.replace("5fa", "5fb")), request(signature, { url: "/a" }), request(signature, { method: "PUT" })];
    for (const other of others) expect(sigv4Fault(other, KEYS, SCOPE, NOW)).toMatch(/^The request signature we calculated does not match/);
  });

  it.each([
    [
      "another region",
      { region: "eu-west-1", service: "service" },
      NOW,
      "Credential should be scoped to a valid region, not 'us-east-1'. ",
    ],
    ["another service", { region: "us-east-1", service: "es" }, NOW, "Credential should be scoped to correct service: 'es'. "],
    ["a late clock", SCOPE, NOW + 301_000, "Signature expired: 20150830T123600Z is not within 5 min. of now"],
    ["an early clock", SCOPE, NOW - 301_000, "Signature not yet current: 20150830T123600Z is not within 5 min. of now"],
  ])("says what is wrong with %s", (_name, scope, now, text) => {
    expect(sigv4Fault(request(VECTORS[0]?.signature ?? ""), KEYS, scope, now)).toBe(text);
  });

  it("refuses a session token that is not signed, and one that is missing", () => {
    const found = request(VECTORS[0]?.signature ?? "");
    const token = { ...found, headers: { ...found.headers, "x-amz-security-token": "TOKEN" } };
    const keys = { ...KEYS, sessionToken: "TOKEN" };
    expect(sigv4Fault(found, keys, SCOPE, NOW)).toBe("The security token included in the request is invalid.");
    expect(sigv4Fault(token, keys, SCOPE, NOW)).toBe("'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.");
  });
});
