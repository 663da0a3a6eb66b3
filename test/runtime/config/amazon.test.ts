import { describe, expect, it } from "vitest";
import { printConfigFault } from "../../../shared/runtime/config/configError.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { secretsOf } from "../../../shared/runtime/settings.ts";
import { EXAMPLE_ENVIRONMENT, exampleWith } from "./example.ts";

const ENVIRONMENT = { ...EXAMPLE_ENVIRONMENT, AWS_KEY: "AKIDPLANTED", AWS_SECRET: "planted-aws-secret", AWS_TOKEN: "planted-aws-token" };
const DOMAIN = "https://search-movies-abc.eu-west-1.es.amazonaws.com";
const KEYS = { accessKeyId: `\${AWS_KEY}`, secretAccessKey: `\${AWS_SECRET}`, sessionToken: `\${AWS_TOKEN}` };
const ROLE = "arn:aws:iam::123456789012:role/SnapshotRole";
const S3 = { type: "s3", settings: { bucket: "movies", region: "eu-west-1", role_arn: ROLE, server_side_encryption: true } };

/** A configuration whose source is a domain, with one repository on it. */
function report(cluster: Record<string, unknown>, register: Record<string, unknown> = S3, more: Record<string, unknown> = {}) {
  const tree = JSON.parse(exampleWith(["clusters", "source"], { url: DOMAIN, aws: { region: "eu-west-1" }, ...cluster }));
  const blobs = { store: "s3", bucket: "movies", basePath: "", region: "eu-west-1", accessKeyId: "A", secretAccessKey: `\${AWS_SECRET}` };
  tree.repositories["movies-aws"] = { cluster: "source", register, blobs };
  Object.assign(tree, more);
  return checkConfig(JSON.stringify(tree, undefined, 2), ENVIRONMENT);
}

const faultsOf = (...given: Parameters<typeof report>) =>
  report(...given).faults.map((fault) => printConfigFault(fault).replace(/ \(line \d+\)/, ""));

describe("a cluster of Amazon's managed service", () => {
  it("has a region, and keys in the file's variables or none", () => {
    expect(faultsOf({})).toEqual([]);
    const { config } = report({ aws: { region: "eu-west-1", ...KEYS } });
    expect(config?.clusters.source?.aws).toEqual({
      region: "eu-west-1",
      accessKeyId: "AKIDPLANTED",
      secretAccessKey: "planted-aws-secret",
      sessionToken: "planted-aws-token",
    });
    expect(config && secretsOf(config)).toEqual(expect.arrayContaining(["planted-aws-secret", "planted-aws-token"]));
  });

  it.each([
    [
      { username: "me", password: "x" },
      "clusters.source.aws: beside username: a request has one proof of who sends it, keep one of the two",
    ],
    [{ apiKey: "id:key" }, "clusters.source.aws: beside apiKey: a request has one proof of who sends it, keep one of the two"],
    [
      { instanceId: "es-cn-abc123def456" },
      "clusters.source.aws: beside instanceId, which is of an instance of Alibaba Cloud, keep one of the two",
    ],
    [
      { url: "http://search-movies-abc.eu-west-1.es.amazonaws.com" },
      'clusters.source.url: not encrypted, which Amazon\'s service does not offer: "http://search-movies-abc.eu-west-1.es.amazonaws.com", write https://',
    ],
    [
      { url: "https://abc.eu-west-1.aoss.amazonaws.com" },
      'clusters.source.url: a collection of OpenSearch Serverless, which takes no snapshots: "https://abc.eu-west-1.aoss.amazonaws.com", name a domain (….es.amazonaws.com)',
    ],
    [{ aws: { region: "us-east-1" } }, 'clusters.source.aws.region: not eu-west-1, where the domain is: "us-east-1", write eu-west-1'],
    [{ aws: { region: "Ireland" } }, 'clusters.source.aws.region: not a region of Amazon: "Ireland", write one such as us-east-1'],
    [
      { aws: { region: "eu-west-1", accessKeyId: `\${AWS_KEY}` } },
      "clusters.source.aws: half of a key: secretAccessKey is missing, add clusters.source.aws.secretAccessKey",
    ],
    [
      { aws: { region: "eu-west-1", sessionToken: `\${AWS_TOKEN}` } },
      `clusters.source.aws.sessionToken: a token without its key: "\${AWS_TOKEN}", add accessKeyId and secretAccessKey`,
    ],
    [
      { aws: { region: "eu-west-1", accessKeyId: "ASIAPLANTED", secretAccessKey: `\${AWS_SECRET}` } },
      'clusters.source.aws.accessKeyId: a temporary key without its token: "(hidden)", add clusters.source.aws.sessionToken',
    ],
    [
      { aws: { region: "eu-west-1", sesionToken: "planted" } },
      'clusters.source.aws.sesionToken: unknown key, did you mean "sessionToken"?',
    ],
  ])("contradicted by %j is refused in one message", (cluster, message) => {
    expect(faultsOf(cluster)).toEqual([message]);
  });

  it("may be an address of this machine without encryption, as the stand-in's is", () => {
    expect(faultsOf({ url: "http://127.0.0.1:9250" })).toEqual([]);
  });
});

describe("a registration on a domain of Amazon", () => {
  it("of type s3 with a role, a region and encryption is accepted", () => {
    expect(report({})).toMatchObject({ faults: [], config: { repositories: { "movies-aws": { register: S3 } } } });
  });

  it("in us-east-1 has the endpoint; with the region, or without both, it is warned about", () => {
    const settings = { bucket: "movies", role_arn: ROLE };
    const codes = (more: object) =>
      report({}, { type: "s3", settings: { ...settings, ...more } })
        .warnings.map(({ reason }) => reason.code)
        .filter((code) => code.startsWith("config.amazon"));
    expect(codes({ endpoint: "s3.amazonaws.com" })).toEqual([]);
    expect(codes({ region: "eu-west-1" })).toEqual([]);
    expect(codes({ region: "us-east-1" })).toEqual(["config.amazonUsEast1"]);
    expect(codes({})).toEqual(["config.amazonNoRegion"]);
  });

  it("without a role, of another type, or with a name of Amazon's is refused before Amazon does", () => {
    expect(faultsOf({}, { type: "s3", settings: { bucket: "movies", region: "eu-west-1" } })).toEqual([
      "repositories.movies-aws.register.settings.role_arn: missing, and Amazon's service refuses a registration without it, name the role that may use the bucket, see docs/moving.md",
    ]);
    expect(faultsOf({}, { type: "fs", settings: { location: "/srv" } })).toEqual([
      'repositories.movies-aws.register.type: not s3, the only type that Amazon\'s service registers: "fs", write s3',
    ]);
  });

  it("needs no role where the cluster is no domain of Amazon's", () => {
    expect(
      faultsOf({ url: "https://es.example.com", aws: undefined }, { type: "s3", settings: { bucket: "movies", region: "eu-west-1" } }),
    ).toEqual([]);
  });
});

describe("Amazon's own repositories of automatic snapshots", () => {
  it.each(["cs-automated", "cs-automated-enc"])("are told as not copyable in one message, as an entry and as a source: %s", (name) => {
    const wrong = "Amazon's own repository of automatic snapshots, which only its domain can read: it can be neither copied nor proven";
    const fix = "use a repository of type s3 in a bucket of your own, see docs/moving.md";
    const tree = JSON.parse(exampleWith(["copies", "aws-to-oss", "from"], name));
    delete tree.copies["aws-to-oss"].after;
    const found = () =>
      checkConfig(JSON.stringify(tree), ENVIRONMENT).faults.map((fault) => printConfigFault(fault).replace(/ \(line \d+\)/, ""));
    expect(found()).toEqual([`copies.aws-to-oss.from: ${wrong}: "${name}", ${fix}`]);
    tree.repositories[name] = { cluster: "source", register: S3 };
    expect(found()).toContain(`repositories.${name}: ${wrong}, ${fix}`);
  });
});
