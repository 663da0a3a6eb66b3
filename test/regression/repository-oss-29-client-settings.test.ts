import { describe, expect, it } from "vitest";
import { checkConfig } from "../../shared/runtime/config/loadConfig.ts";

/**
 * aliyun/elasticsearch-repository-oss#29: from 8.0 on the public plugin reads `oss.client.endpoint`, and a registration with `endpoint`
 * alone fails with "missing endpoint". Both names are accepted, exactly one endpoint is demanded.
 */

function faultsOf(settings: object): string[] {
  const text = JSON.stringify({
    version: 1,
    state: { bucket: "state", region: "cn-hangzhou" },
    clusters: { one: { url: "https://one.example.com" } },
    repositories: { backups: { cluster: "one", register: { type: "oss", settings: { bucket: "backups", ...settings } } } },
  });
  return checkConfig(text, {}).faults.map(({ path, wrong }) => `${path}: ${wrong}`);
}

const ENDPOINT = "http://oss-cn-hangzhou.aliyuncs.com";
const KEYS = { "oss.client.access_key_id": "AK", "oss.client.secret_access_key": "SK" };

describe("the settings of the oss plugin from 8.0 on", () => {
  it("are accepted under either name", () => {
    expect(faultsOf({ "oss.client.endpoint": ENDPOINT, ...KEYS })).toEqual([]);
    expect(faultsOf({ endpoint: ENDPOINT, ...KEYS })).toEqual([]);
  });

  it("need exactly one endpoint", () => {
    expect(faultsOf({ ...KEYS })).toEqual(["repositories.backups.register.settings.endpoint: missing"]);
    expect(faultsOf({ endpoint: ENDPOINT, "oss.client.endpoint": ENDPOINT, ...KEYS })).toEqual([
      "repositories.backups.register.settings.oss.client.endpoint: a second endpoint",
    ]);
  });
});
