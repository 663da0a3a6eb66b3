import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ElasticsearchApi, startElasticsearchApi } from "../../infra/local/aliyun/elasticsearchApi.ts";
import { instanceBook } from "../../infra/local/aliyun/instanceBook.ts";
import { type KmsApi, startKmsApi } from "../../infra/local/aliyun/kmsApi.ts";
import type { SigningKeys } from "../../infra/local/fc/doors/acs3Signature.ts";
import { aliyunInstances } from "../../shared/adapters/aliyun/instances.ts";
import { kmsSecrets } from "../../shared/adapters/aliyun/kms.ts";
import { messageOf } from "../../shared/model/errors.ts";
import type { RamDocument } from "../../shared/plan/rights/documents.ts";
import { type Rights, rightsOf } from "../../shared/plan/rights/rights.ts";
import { loadConfig } from "../../shared/runtime/config/loadConfig.ts";

const [REGION, ACCOUNT] = ["cn-hangzhou", "1234567890123456"];
const [TARGET, SOURCE, SECRET] = ["es-cn-target", "es-cn-source", "ossnap/target"];
const functions = { copy: "ossnap-copy-blobs", goOn: "ossnap-continue-job", http: "ossnap-http", all: "ossnap-*" };
const keys: SigningKeys = { accessKeyId: "KEY", accessKeySecret: "secret-of-the-test" };

let rights: Rights;
let kms: KmsApi;
let elasticsearch: ElasticsearchApi;

beforeAll(async () => {
  const state = { bucket: "state", endpoint: "https://oss-cn-hangzhou.aliyuncs.com", region: REGION };
  const clusters = { target: { url: "http://es.example.com:9200", instanceId: TARGET } };
  const config = loadConfig(JSON.stringify({ version: 1, state, clusters }), {});
  rights = rightsOf({ config, region: REGION, accountId: ACCOUNT, functions, secrets: [SECRET], roles: [] });
  const api = { port: 0, credentials: keys, location: `${REGION}:${ACCOUNT}` };
  kms = await startKmsApi({ ...api, secrets: { [SECRET]: "value", "billing/key": "other" } });
  const instances = [TARGET, SOURCE].map((id) => ({ id, esVersion: "6.7_with_X-Pack", status: "active" as const }));
  elasticsearch = await startElasticsearchApi({ ...api, book: instanceBook({ instances }) });
});
afterAll(async () => {
  await kms.close();
  await elasticsearch.close();
});

const client = ({ port }: { port: number }) => ({
  ...{ region: REGION, endpoint: `127.0.0.1:${port}`, protocol: "HTTP" as const, ...keys },
  ...{ remainingMs: () => 60_000, sleep: async () => undefined, random: () => 0.5 },
});

/** What each service is asked for, and every refusal. */
async function asked(document: RamDocument | undefined, secret = SECRET): Promise<string[]> {
  keys.policies = document && [document];
  const instances = aliyunInstances(client(elasticsearch));
  const requests = [
    () => kmsSecrets(client(kms)).read(secret),
    () => instances.describe(SOURCE),
    () => instances.alternatives(TARGET),
    () => instances.add(TARGET, SOURCE, "token"),
    () => instances.sharedWith(TARGET),
    () => instances.remove(TARGET, SOURCE, "token-2"),
  ];
  const refused: string[] = [];
  for (const request of requests) await request().catch((error: unknown) => refused.push(messageOf(error)));
  return refused;
}

const isOther = (action: string) => /^(kms|elasticsearch):/.test(action);
const without = (document: RamDocument, action: string): RamDocument => ({
  ...document,
  Statement: document.Statement.map((one) => ({ ...one, Action: one.Action.filter((other) => other !== action) })),
});

describe.each(["http", "terminal"] as const)("the rights of %s at KMS and Elasticsearch's API", (role) => {
  it("suffice, and each is needed: without one, the request names it", async () => {
    expect(await asked(rights[role])).toEqual([]);
    const actions = rights[role].Statement.flatMap(({ Action }) => Action).filter(isOther);
    expect(actions).toHaveLength(6);
    for (const action of actions) {
      expect(await asked(without(rights[role], action))).toEqual([expect.stringContaining(`the keys need the right ${action}`)]);
      // What could not be shared or removed is as it was for the next.
      await asked(undefined);
    }
  });

  it("reach no other secret", async () => {
    expect(await asked(rights[role], "billing/key")).toEqual([expect.stringContaining("the keys need the right kms:GetSecretValue")]);
  });
});

it("the workers read secrets and ask no instance: nothing that they do needs it", () => {
  expect(rights.workers.Statement.flatMap(({ Action }) => Action).filter(isOther)).toEqual(["kms:GetSecretValue"]);
});
