import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cloudSite, cloudVariables } from "../../../infra/accept/cloud.ts";
import { reportText } from "../../../infra/accept/report.ts";
import { configText, serverlessText } from "../../../infra/accept/site.ts";
import { checkServerless } from "../../../infra/deploy/checkServerless.ts";
import { renderServerless } from "../../../infra/deploy/renderServerless.ts";
import { standInsFor } from "../../../infra/deploy/standIns.ts";
import { checkConfig } from "../../../shared/runtime/config/loadConfig.ts";

const SECRETS = { ACCEPT_CLUSTER_PASSWORD: "planted-password", ACCEPT_OSS_KEY: "LTAIplanted", ACCEPT_OSS_SECRET: "planted-secret" };
const ENVIRONMENT = {
  ...{ ACCOUNT_ID: "1234567890123456", OSSNAP_ROLE_ARN: "acs:ram::1:role/workers", OSSNAP_HTTP_ROLE_ARN: "acs:ram::1:role/http" },
  ...{ ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIdeployer", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "planted-deployer" },
  ...{ ACCEPT_REGION: "cn-shanghai", ACCEPT_BUCKET: "acceptance", ACCEPT_CLUSTER_USERNAME: "elastic" },
  ACCEPT_CLUSTER_URL: "https://es-cn-one.public.elasticsearch.aliyuncs.com:9200",
  ...SECRETS,
};

function written(environment: Record<string, string> = {}) {
  const text = configText(cloudSite(cloudVariables({ ...ENVIRONMENT, ...environment })));
  return { text, names: Object.keys(standInsFor(text)), ...checkConfig(text, standInsFor(text)) };
}

describe("the acceptance's deployment", () => {
  it("has a configuration and an s.yaml that agree, without a fault", () => {
    const { config, faults, names } = written();
    expect(faults).toEqual([]);
    if (config === undefined) throw new Error("no configuration");
    const serverless = serverlessText(readFileSync("s.yaml", "utf8"), config, { region: "cn-shanghai", variables: names });
    expect(checkServerless(serverless, config, { environmentNames: names, withoutEvents: false, env: ENVIRONMENT })).toEqual([]);
    const rendered = renderServerless(serverless, config);
    expect(rendered).toContain("ossnap-accept-advance-jobs");
    expect(rendered).toContain("prefix: ossnap-accept/copied/index");
    expect(rendered).not.toContain("suffix");
  });

  it("writes below its prefix only, and holds no secret", () => {
    const { text, config } = written({ ACCEPT_PREFIX: "tried/here" });
    const places = [
      config?.state,
      config?.repositories["ossnap-accept-written"]?.blobs,
      config?.copies.move?.to,
      config?.watches.copied?.blobs,
    ];
    expect(places.map((place) => place?.basePath)).toEqual(["state", "written", "copied", "copied"].map((name) => `tried/here/${name}`));
    expect(text.match(/base_path: \S+/g)).toEqual(["base_path: tried/here/written", "base_path: tried/here/copied"]);
    for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
  });

  it("names every variable that is missing", () => {
    expect(() => cloudVariables({ ACCOUNT_ID: "1", ACCEPT_BUCKET: "" })).toThrow(
      /OSSNAP_ROLE_ARN: is not set.*ACCEPT_REGION: is not set\nACCEPT_BUCKET: is not set/s,
    );
  });
});

it("the report is a table that an issue takes", () => {
  const findings = [
    { check: "copy", outcome: "failed" as const, seen: "a | b\nc", seconds: 1.26 },
    { check: "restore", outcome: "not checked" as const, seen: 'it needs "copy"', seconds: 0 },
  ];
  expect(reportText({ about: { ossnap: "0.1.0" }, findings })).toBe(
    [
      ...["## ossnap accept:cloud", "", "- ossnap: 0.1.0", "- result: 0 ok, 1 failed, 1 not checked", ""],
      ...["| check | outcome | seen | time |", "|---|---|---|---|"],
      ...["| copy | failed | a \\| b c | 1.3 s |", '| restore | not checked | it needs "copy" | 0.0 s |'],
    ].join("\n"),
  );
});
