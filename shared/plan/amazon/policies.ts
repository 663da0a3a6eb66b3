/** A document of IAM, as it is pasted into the console or a file. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

interface Statement {
  Effect: "Allow";
  Principal?: { Service: string[] };
  Action: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string>>;
}

export interface PolicyInput {
  /** Of the domain. */
  region: string;
  /** The domain's host. */
  host: string;
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  basePath: string;
  /** The role with which the domain uses the bucket; absent where others register the repository. */
  roleArn?: string | undefined;
  /** The domain never writes there. */
  readonly: boolean;
  /** With which the bucket is encrypted. */
  kmsKey?: string | undefined;
}

export interface Policies {
  /** Who may assume the role. */
  trust?: PolicyDocument;
  /** What the role may do in the bucket. */
  role?: PolicyDocument;
  /** What the keys of the cluster's entry may do. */
  caller: PolicyDocument;
  /** What the keys of the repository's blobs may do. */
  reader: PolicyDocument;
}

/** Stand for what is not known here, and are not valid there. */
export const UNKNOWN_DOMAIN = "DOMAIN-NAME";
export const UNKNOWN_ACCOUNT = "ACCOUNT-ID";

/** A domain's release may change from Elasticsearch to OpenSearch in place; both names are of one service. */
const SERVICES = ["es.amazonaws.com", "opensearchservice.amazonaws.com"];

/** https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-snapshots.html */
export function policiesFor(input: PolicyInput): Policies {
  const { roleArn } = input;
  const caller = documentOf([...(roleArn === undefined ? [] : [allow("iam:PassRole", roleArn)]), callsOf(input)]);
  const reader = bucketPolicy(input, ["s3:GetObject"], ["kms:Decrypt"]);
  if (roleArn === undefined) return { caller, reader };
  const writing = input.readonly ? [] : ["s3:PutObject", "s3:DeleteObject"];
  const role = bucketPolicy(input, ["s3:GetObject", ...writing], input.readonly ? ["kms:Decrypt"] : ["kms:Decrypt", "kms:GenerateDataKey"]);
  return { trust: trustOf(input), role, caller, reader };
}

function trustOf(input: PolicyInput): PolicyDocument {
  const condition = { StringEquals: { "aws:SourceAccount": accountOf(input) }, ArnLike: { "aws:SourceArn": domainArn(input) } };
  return documentOf([{ Effect: "Allow", Principal: { Service: SERVICES }, Action: "sts:AssumeRole", Condition: condition }]);
}

/** Reading alone where others register the repository. */
function callsOf(input: PolicyInput): Statement {
  const methods = input.roleArn === undefined ? ["Get"] : ["Get", "Put", "Post", "Delete"];
  return allow(
    methods.map((method) => `es:ESHttp${method}`),
    `${domainArn(input)}/*`,
  );
}

function bucketPolicy(input: PolicyInput, objects: string[], kms: string[]): PolicyDocument {
  const bucket = `arn:${partitionOf(input)}:s3:::${input.bucket}`;
  const below = input.basePath === "" ? "" : `${input.basePath}/`;
  return documentOf([
    allow("s3:ListBucket", bucket),
    allow(objects, `${bucket}/${below}*`),
    ...(input.kmsKey === undefined ? [] : [allow(kms, input.kmsKey)]),
  ]);
}

function allow(action: string | string[], resource: string): Statement {
  return { Effect: "Allow", Action: action, Resource: resource };
}

function documentOf(statements: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

export function domainArn(input: PolicyInput): string {
  return `arn:${partitionOf(input)}:es:${input.region}:${accountOf(input)}:domain/${domainName(input.host)}`;
}

/** `search-movies-abcdefghijklmnopqrstuvwxyz.eu-west-1.es.amazonaws.com` → `movies`; a custom endpoint does not tell it. */
function domainName(host: string): string {
  return /^(?:search|vpc)-(.+)-[a-z0-9]{26}\./.exec(host)?.[1] ?? UNKNOWN_DOMAIN;
}

function accountOf({ roleArn }: PolicyInput): string {
  return /^arn:[^:]+:iam::(\d{12}):/.exec(roleArn ?? "")?.[1] ?? UNKNOWN_ACCOUNT;
}

function partitionOf({ roleArn, region }: PolicyInput): string {
  const named = /^arn:([^:]+):/.exec(roleArn ?? "")?.[1];
  if (named !== undefined) return named;
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
