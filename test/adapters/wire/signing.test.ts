import { describe, expect, it } from "vitest";
import type { Query } from "../../../shared/adapters/wire/signing/encoding.ts";
import { ossSigner } from "../../../shared/adapters/wire/signing/ossSignature.ts";
import { s3Signer } from "../../../shared/adapters/wire/signing/s3Signature.ts";

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function signatureOf({ authorization = "" }: Record<string, string>): string {
  return /Signature=([0-9a-f]{64})$/.exec(authorization)?.[1] ?? "";
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
describe("the examples of Amazon S3", () => {
  const sign = s3Signer({
    region: "us-east-1",
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  });
  const at = new Date("2013-05-24T00:00:00Z");
  const host = "examplebucket.s3.amazonaws.com";
  const PUT_BODY = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  const put = { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" };
  const listing: Query = [
    ["prefix", "J"],
    ["max-keys", "2"],
  ];

  it.each([
    ["GET", "/test.txt", [], { range: "bytes=0-9" }, EMPTY, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"],
    ["PUT", "/test$file.text", [], put, PUT_BODY, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"],
    ["GET", "/", [["lifecycle", ""]] as Query, {}, EMPTY, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    ["GET", "/", listing, {}, EMPTY, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ] as const)("%s %s with %j and %j", (method, path, query, headers, bodyHash, expected) => {
    const signed = sign({ method, host, path, query, headers, bodyHash }, at);
    expect(signatureOf(signed)).toBe(expected);
    expect(signed.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request,/);
  });
});

// https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html
describe("Amazon's test suite of the signature", () => {
  const keys = { region: "us-east-1", accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
  const at = new Date("2015-08-30T12:36:00Z");
  const host = "example.amazonaws.com";
  const signing = (method: string, path: string, query: Query, headers: Record<string, string> = {}) =>
    signatureOf(s3Signer({ ...keys, service: "service" })({ method, host, path, query, headers, bodyHash: EMPTY }, at));

  it.each([
    ["get-vanilla", "GET", "/", [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["post-vanilla", "POST", "/", [], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    ["get-utf8", "GET", "/ሴ", [], "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"],
    [
      "get-vanilla-query-order-key-case",
      "GET",
      "/",
      [
        ["Param2", "value2"],
        ["Param1", "value1"],
      ],
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
  ] as const)("%s", (_name, method, path, query, expected) => {
    expect(signing(method, path, query)).toBe(expected);
  });

  it("get-header-value-trim", () => {
    const trimmed = signing("GET", "/", [], { "my-header1": "value1", "my-header2": '"a b c"' });
    expect(signing("GET", "/", [], { "my-header1": " value1 ", "my-header2": ' "a   b   c"' })).toBe(trimmed);
    expect(trimmed).toBe("acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  });
});

// The vectors that Alibaba Cloud's own SDKs share: signer_v4_test of alibabacloud-oss-go-sdk-v2, -java-sdk-v2, -python-sdk-v2, -cpp-sdk-v2 …
describe("the vectors of Alibaba Cloud's SDKs", () => {
  const QUERY: Query = [
    ["param1", "value1"],
    ["+param1", "value3"],
    ["|param1", "value4"],
    ["+param2", ""],
    ["|param2", ""],
    ["param2", ""],
  ];
  const request = {
    method: "PUT",
    host: "bucket.oss-cn-hangzhou.aliyuncs.com",
    path: "/bucket/1234+-/123/1.txt",
    query: QUERY,
    headers: { "x-oss-head1": "value", abc: "value", zabc: "value", xyz: "value", "content-type": "text/plain" },
  };
  const keys = { accessKeyId: "ak", secretAccessKey: "sk" };

  it.each(["cn-hangzhou", "oss-cn-hangzhou"])("without a token, in %s", (region) => {
    const signed = ossSigner({ ...keys, region })(request, new Date(1_702_743_657_000));
    expect(signed["x-oss-date"]).toBe("20231216T162057Z");
    expect(signed.authorization).toBe(
      "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe",
    );
  });

  it("with the token of temporary keys", () => {
    const sign = ossSigner({ ...keys, region: "cn-hangzhou", securityToken: "token" });
    expect(signatureOf(sign(request, new Date(1_702_784_856_000)))).toBe(
      "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
    );
  });

  it("with the key of another day", () => {
    const sign = ossSigner({ ...keys, region: "cn-hangzhou" });
    const first = signatureOf(sign(request, new Date(1_702_743_657_000)));
    sign(request, new Date(1_702_843_657_000));
    expect(signatureOf(sign(request, new Date(1_702_743_657_000)))).toBe(first);
  });
});
