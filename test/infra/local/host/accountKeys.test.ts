import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { standInsFor } from "../../../../infra/deploy/standIns.ts";
import { acceptedKeys, newAccountKeys, newKeys } from "../../../../infra/local/host/accountKeys.ts";
import { isAllowed } from "../../../../infra/local/ram/decide.ts";
import { loadConfig } from "../../../../shared/runtime/config/loadConfig.ts";

describe("the keys of the local host", () => {
  it("have the rights that ossnap policies prints, and the account's own every right", async () => {
    const text = await readFile("ossnap.yaml", "utf8");
    const config = loadConfig(text, standInsFor(text));
    const account = { region: "cn-hangzhou", accountId: "1000000000000001", oss: newKeys("LOCAL"), keys: newAccountKeys() };
    const accepted = acceptedKeys(account, config, { nameOf: (bundle) => `ossnap-${bundle}` });
    const may = (action: string, resource: string) =>
      accepted.map(({ policies }) => policies === undefined || isAllowed(policies, { action, resource }));
    expect(accepted.map(({ accessKeyId }) => accessKeyId)).toEqual(
      [account.oss, account.keys.workers, account.keys.http, account.keys.terminal].map(({ accessKeyId }) => accessKeyId),
    );
    expect(may("oss:PutObject", "acs:oss:*:*:moved/movies/index-1")).toEqual([true, true, false, true]);
    expect(may("oss:DeleteObject", "acs:oss:*:*:ossnap-state/prod/claims/c")).toEqual([true, true, true, true]);
    expect(may("fc:InvokeFunction", "acs:fc:cn-hangzhou:1000000000000001:functions/ossnap-http")).toEqual([true, false, false, true]);
    expect(may("oss:DeleteBucket", "acs:oss:*:*:moved")).toEqual([true, false, false, false]);
  });
});
