import { describe, expect, it } from "vitest";
import { domainArn, type PolicyInput, policiesFor } from "../../../shared/plan/amazon/policies.ts";

const ROLE = "arn:aws:iam::123456789012:role/SnapshotRole";
const INPUT: PolicyInput = {
  region: "us-east-1",
  host: "vpc-my-movies-abcdefghijklmnopqrstuvwxyz.us-east-1.es.amazonaws.com",
  bucket: "movies",
  basePath: "prod/es",
  roleArn: ROLE,
  readonly: false,
};

describe("the policies for a source at Amazon", () => {
  it("let the domain alone assume the role, and the role use its own prefix alone", () => {
    const { trust, role } = policiesFor(INPUT);
    expect(trust?.Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: ["es.amazonaws.com", "opensearchservice.amazonaws.com"] },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": "arn:aws:es:us-east-1:123456789012:domain/my-movies" },
        },
      },
    ]);
    expect(role?.Statement).toEqual([
      { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::movies" },
      { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource: "arn:aws:s3:::movies/prod/es/*" },
    ]);
  });

  it("let the caller pass that role and call that domain, and the reader only read", () => {
    const { caller, reader } = policiesFor(INPUT);
    expect(caller.Statement).toEqual([
      { Effect: "Allow", Action: "iam:PassRole", Resource: ROLE },
      {
        Effect: "Allow",
        Action: ["es:ESHttpGet", "es:ESHttpPut", "es:ESHttpPost", "es:ESHttpDelete"],
        Resource: "arn:aws:es:us-east-1:123456789012:domain/my-movies/*",
      },
    ]);
    expect(reader.Statement.map(({ Action }) => Action)).toEqual(["s3:ListBucket", ["s3:GetObject"]]);
  });

  it("name a key of KMS for the role and for the reader, each with what it does", () => {
    const kmsKey = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
    const { role, reader } = policiesFor({ ...INPUT, kmsKey });
    expect(role?.Statement.at(-1)).toEqual({ Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: kmsKey });
    expect(reader.Statement.at(-1)).toEqual({ Effect: "Allow", Action: ["kms:Decrypt"], Resource: kmsKey });
  });

  it("are for reading alone where the repository is registered read-only or by others", () => {
    const { role } = policiesFor({ ...INPUT, readonly: true });
    expect(role?.Statement.at(-1)?.Action).toEqual(["s3:GetObject"]);
    const others = policiesFor({ ...INPUT, roleArn: undefined });
    expect(Object.keys(others)).toEqual(["caller", "reader"]);
    expect(others.caller.Statement.map(({ Action }) => Action)).toEqual([["es:ESHttpGet"]]);
  });

  it.each([
    ["arn:aws-cn:iam::123456789012:role/R", "cn-north-1", "arn:aws-cn:es:cn-north-1:123456789012:domain/my-movies"],
    [undefined, "cn-northwest-1", "arn:aws-cn:es:cn-northwest-1:ACCOUNT-ID:domain/my-movies"],
    [undefined, "us-gov-west-1", "arn:aws-us-gov:es:us-gov-west-1:ACCOUNT-ID:domain/my-movies"],
  ])("are of the partition of the role, or of the region: %s %s", (roleArn, region, arn) => {
    expect(domainArn({ ...INPUT, roleArn, region })).toBe(arn);
  });

  it("leave the name of the domain open behind an address that does not tell it", () => {
    expect(domainArn({ ...INPUT, host: "search.example.com" })).toBe("arn:aws:es:us-east-1:123456789012:domain/DOMAIN-NAME");
  });
});
