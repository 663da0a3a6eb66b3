import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../shared/runtime/config/loadConfig.ts";
import { standingOf } from "../../../shared/verbs/verification/ask.ts";

const PLACE = { store: "oss", bucket: "blobs", basePath: "p", region: "cn-hangzhou" };
const FAST = { ...PLACE, endpoint: "https://oss-accelerate.aliyuncs.com" };
const KEYS = { access_key_id: "A", secret_access_key: "S" };
const register = (more = {}) => ({
  type: "oss",
  settings: { bucket: "blobs", base_path: "p", endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com", ...KEYS, ...more },
});

/** A watch that reads the repository's own place, by the acceleration endpoint. */
const config = (repository: object) =>
  loadConfig(
    JSON.stringify({
      version: 1,
      state: { bucket: "state", region: "cn-hangzhou" },
      clusters: { prod: { url: "https://prod" }, screen: { url: "https://screen" } },
      repositories: { nightly: { cluster: "prod", ...repository } },
      watches: {
        mirror: {
          blobs: FAST,
          cluster: "screen",
          register: { name: "seen", ...register({ readonly: true }) },
          restore: { indices: ["a"] },
        },
      },
    }),
    {},
  );

describe("who writes a place that a watch reads", () => {
  it.each(["nightly", "mirror", "seen"])("is the cluster of its writable repository, asked for as %s", (name) => {
    const writer = { repository: "nightly", cluster: "prod" };
    expect(standingOf({ config: config({ register: register() }) }, name)).toEqual({ writer });
  });

  it.each<[string, object]>([
    ["reads only", { register: register({ readonly: true }) }],
    ["registers nothing", { blobs: PLACE }],
  ])("is a tool when its repository %s", (_, repository) => {
    expect(standingOf({ config: config(repository) }, "nightly")).toEqual({ isCopy: true });
  });
});
