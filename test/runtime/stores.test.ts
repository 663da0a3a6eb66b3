import { describe, expect, it } from "vitest";
import type { Config, Place } from "../../shared/model/config.ts";
import { withKeys } from "../../shared/runtime/stores.ts";
import { testConfig } from "../world/world.ts";

const CONTEXT = { requestId: "r", function: { name: "cli", timeout: 60 } };
const PUBLIC = "https://oss-cn-hangzhou.aliyuncs.com";
const INTERNAL = "https://oss-cn-hangzhou-internal.aliyuncs.com";
const place = (endpoint: string, basePath = "movies"): Place => ({
  store: "oss",
  bucket: "moved",
  basePath,
  region: "cn-hangzhou",
  endpoint,
});

const endpointOf = (given: Place, change: (config: Config) => void) => {
  const settings = { config: testConfig(change), credentials: undefined } as unknown as Parameters<typeof withKeys>[1];
  return withKeys(given, settings, CONTEXT).endpoint;
};

describe("the address of a place from a job's log", () => {
  it("is that of ossnap.yaml here: a terminal does not reach the internal one that a function wrote", () => {
    const known = (config: Config) => {
      config.repositories.moved = { cluster: "source", blobs: place(PUBLIC) };
    };
    expect(endpointOf(place(INTERNAL), known)).toBe(PUBLIC);
    expect(endpointOf(place(INTERNAL, "elsewhere"), known)).toBe(INTERNAL);
  });

  it("stays where ossnap.yaml has that very address too", () => {
    const known = (config: Config) => {
      config.repositories.moved = { cluster: "source", blobs: place(PUBLIC) };
      config.repositories.again = { cluster: "source", blobs: place(INTERNAL) };
    };
    expect(endpointOf(place(INTERNAL), known)).toBe(INTERNAL);
  });
});
