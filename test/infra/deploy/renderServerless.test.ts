// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions are s.yaml's own.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { networkNotes } from "../../../infra/deploy/checkNetwork.ts";
import { checkServerless } from "../../../infra/deploy/checkServerless.ts";
import { FUNCTION_NAMES, functionNameOf } from "../../../infra/deploy/functionLimits.ts";
import { inBundleFolder, renderServerless } from "../../../infra/deploy/renderServerless.ts";
import type { Config } from "../../../shared/model/config.ts";
import { printFault } from "../../../shared/repository/fault.ts";
import { exampleConfig } from "./exampleConfig.ts";

const shipped = readFileSync("s.yaml", "utf8");
const VPC = { id: "vpc-bp1", vSwitches: ["vsw-a", "vsw-b"], securityGroup: "sg-1" };

interface Rendered {
  actions?: unknown;
  resources: Record<string, { component: string; props: Record<string, unknown> & { triggers?: { triggerConfig: object }[] } }>;
}
const rendered = (config: Config): Rendered => parse(renderServerless(shipped, config));
const configOf = (change: (config: Config) => void): Config => {
  const config = exampleConfig();
  change(config);
  return config;
};
const faultsOf = (change: (config: Config) => void, text = shipped) => checkServerless(text, configOf(change)).map(printFault);

describe("s.yaml as it is deployed", () => {
  it("differs from the shipped one in the state only, without a name and a VPC", () => {
    const { resources } = rendered(exampleConfig());
    const written = parse(shipped, { merge: true }) as Rendered;
    for (const [key, { props }] of Object.entries(resources)) {
      const { environmentVariables, ...figures } = props;
      const { environmentVariables: variables, ...before } = written.resources[key]?.props ?? {};
      expect(figures).toEqual(before);
      expect(environmentVariables).toEqual({ ...(variables as object), OSSNAP_STATE: "oss-cn-hangzhou/ossnap-state/prod" });
    }
  });

  it("has the deployment's name in every function's, so that two deployments share none", () => {
    const names = (deployment?: string) => {
      const { resources } = rendered(configOf((config) => Object.assign(config, deployment === undefined ? {} : { deployment })));
      return Object.values(resources).map(({ props }) => props.functionName);
    };
    expect(names("prod").sort()).toEqual(FUNCTION_NAMES.map((name) => functionNameOf(name, "prod")).sort());
    expect(names("prod")).toContain("ossnap-prod-advance-jobs");
    expect(new Set([...names(), ...names("prod"), ...names("prod-a")]).size).toBe(21);
    expect(faultsOf((config) => Object.assign(config, { deployment: "prod" }))).toEqual([]);
  });

  it("has the VPC in every function, and no URL on the internet unless the trigger keeps it", () => {
    const config = configOf((one) => Object.assign(one, { vpc: VPC }));
    const { resources } = rendered(config);
    for (const { props } of Object.values(resources))
      expect(props.vpcConfig).toEqual({ vpcId: "vpc-bp1", vSwitchIds: ["vsw-a", "vsw-b"], securityGroupId: "sg-1" });
    expect(resources.http?.props.triggers?.[0]?.triggerConfig).toMatchObject({ disableURLInternet: true });
    expect(checkServerless(shipped, config)).toEqual([]);
    const kept = shipped.replace("authType: function,", "authType: function, disableURLInternet: false,");
    expect((parse(renderServerless(kept, config)) as Rendered).resources.http?.props.triggers?.[0]?.triggerConfig).toMatchObject({
      disableURLInternet: false,
    });
  });

  it("lies beside the bundles with paths of its own, its expressions as they are, and without the steps that were run", () => {
    const moved = parse(inBundleFolder(renderServerless(shipped, exampleConfig()), { isWanted: () => true })) as Rendered;
    expect(moved.resources.http?.props).toMatchObject({ code: "./http", role: "${env('OSSNAP_HTTP_ROLE_ARN')}" });
    expect(moved.actions).toEqual({ "pre-deploy": [] });
    const own = shipped.replace(
      "    - run: npm run -s bundle\n",
      "    - run: ./own.sh\n      path: ./tools\n    - run: npm run -s bundle\n",
    );
    expect(parse(inBundleFolder(renderServerless(own, exampleConfig()), { isWanted: () => true })).actions).toEqual({
      "pre-deploy": [{ run: "./own.sh", path: "../tools" }],
    });
  });
});

describe("the check of s.yaml", () => {
  it("wants the version of fc3 that was tried", () => {
    expect(faultsOf(() => undefined, shipped.replace("component: fc3@0.1.22", "component: fc3"))[0]).toMatch(
      /^resources\.createSnapshots\.component: must be fc3@0\.1\.22.*"fc3"/,
    );
  });

  it("refuses a VPC that is not the one of ossnap.yaml", () => {
    const own = shipped.replace(
      "    logConfig: auto\n",
      "    logConfig: auto\n    vpcConfig: { vpcId: vpc-x, vSwitchIds: [vsw-a, vsw-b], securityGroupId: sg-1 }\n",
    );
    expect(faultsOf((config) => Object.assign(config, { vpc: VPC }), own)[0]).toMatch(/vpcConfig: differs from vpc of ossnap\.yaml/);
    expect(faultsOf(() => undefined, own)).toEqual([]);
  });

  it("refuses an eleventh watch in one sentence", () => {
    const faults = faultsOf((config) => {
      const watch = config.watches["moved-movies"] as NonNullable<Config["watches"][string]>;
      for (let number = 0; number < 10; number += 1)
        config.watches[`w${number}`] = { ...watch, blobs: { ...watch.blobs, bucket: `b${number}` } };
    });
    expect(faults).toEqual([
      expect.stringMatching(/^watches: 11 on OSS in cn-hangzhou, and Function Compute accepts 10 triggers per function, give/),
    ]);
  });

  it("takes any number of watches without events, and compares the triggers that are there", () => {
    const config = configOf((one) => {
      const watch = one.watches["moved-movies"] as NonNullable<Config["watches"][string]>;
      for (let number = 0; number < 30; number += 1)
        one.watches[`w${number}`] = { ...watch, blobs: { ...watch.blobs, bucket: `b${number}` } };
    });
    const withoutEvents = { withoutEvents: true };
    expect(checkServerless(shipped, config, withoutEvents)).toEqual([]);
    expect(checkServerless(shipped.replace("prefix: movies/index", "prefix: films/index"), config, withoutEvents).map(printFault)).toEqual([
      expect.stringMatching(/prefix: differs from ossnap\.yaml/),
    ]);
  });

  it("refuses a state in another region than the functions", () => {
    expect(faultsOf((config) => Object.assign(config.state, { region: "cn-beijing" }))).toEqual([
      expect.stringMatching(
        /^state\.region: lies in another region than the functions.*"cn-beijing", write cn-hangzhou, or set vars\.region/,
      ),
    ]);
    expect(faultsOf(() => undefined, shipped.replace("region: cn-hangzhou", "region: cn-beijing"))[0]).toMatch(/^state\.region: /);
  });

  it("refuses functions in several regions", () => {
    const far = shipped.replace("functionName: ossnap-http\n", "functionName: ossnap-http\n      region: cn-beijing\n");
    expect(faultsOf(() => undefined, far)).toContainEqual(
      expect.stringMatching(/^resources\.http\.props\.region: is not cn-hangzhou, the region of the others/),
    );
  });

  it.each([
    ["http://10.1.2.3:9200", true],
    ["http://172.16.0.1:9200", true],
    ["http://172.32.0.1:9200", false],
    ["http://192.168.7.7:9200", true],
    ["http://100.100.1.1:9200", true],
    ["http://100.128.1.1:9200", false],
    ["http://[fd00::1]:9200", true],
    ["http://[::ffff:10.1.2.3]:9200", true],
    ["http://[2400:3200::1]:9200", false],
    ["http://0x0a010203:9200", true],
    ["http://elasticsearch:9200", true],
    ["http://es.search.internal:9200", true],
    ["https://vpc-movies-abc.us-east-1.es.amazonaws.com", true],
    ["https://search-movies-abc.us-east-1.es.amazonaws.com", false],
    ["http://es-cn-abc.elasticsearch.aliyuncs.com:9200", true],
    ["http://es-cn-abc.public.elasticsearch.aliyuncs.com:9200", false],
    ["https://es.example.com", false],
  ])("says of a cluster at %s that it needs a VPC: %s", (url, isRefused) => {
    const at = (config: Config) => Object.assign(config.clusters.target ?? {}, { url });
    const faults = faultsOf(at);
    expect(faults).toHaveLength(isRefused ? 1 : 0);
    if (isRefused) expect(faults[0]).toMatch(/^clusters\.target\.url: .*which functions without a VPC cannot reach, add vpc: /);
    expect(
      faultsOf((config) => {
        at(config);
        config.vpc = VPC;
      }),
    ).toEqual([]);
  });

  it.each([
    "http://127.0.0.1:9200",
    "http://127.8.0.1:9200",
    "http://2130706433:9200",
    "http://localhost:9200",
    "http://es.localhost:9200",
    "http://0.0.0.0:9200",
    "http://[::1]:9200",
    "http://[::]:9200",
    "http://[::ffff:127.0.0.1]:9200",
    "http://169.254.10.20:9200",
    "http://[fe80::1]:9200",
    "http://[::ffff:169.254.1.1]:9200",
    "http://224.0.0.1:9200",
    "http://255.255.255.255:9200",
  ])("refuses a cluster at %s, with and without a VPC", (url) => {
    const config = (vpc?: typeof VPC) =>
      configOf((one) => {
        Object.assign(one.clusters.target ?? {}, { url });
        Object.assign(one, { vpc });
      });
    for (const one of [config(), config(VPC)])
      expect(checkServerless(shipped, one).map(printFault)).toEqual([
        expect.stringMatching(/^clusters\.target\.url: .*, which no function can reach, write the address by which others reach it/),
      ]);
  });

  it("lets functions that run on this machine reach it, and nothing more", () => {
    const at = (url: string) =>
      checkServerless(
        shipped,
        configOf(({ clusters }) => void Object.assign(clusters.target ?? {}, { url })),
        { isHere: true },
      );
    expect(at("http://127.0.0.1:9200")).toEqual([]);
    expect(at("http://10.0.0.1:9200")).toHaveLength(1);
    expect(at("http://169.254.1.1:9200")).toHaveLength(1);
  });

  it("knows that OSS's own internal address needs no VPC, and that one of another region is out of reach", () => {
    const at = (endpoint: string) => faultsOf((config) => void Object.assign(config.copies["aws-to-oss"]?.to ?? {}, { endpoint }));
    expect(at("https://oss-cn-hangzhou-internal.aliyuncs.com")).toEqual([]);
    expect(at("http://10.0.0.9:9000")[0]).toMatch(/^copies\.aws-to-oss\.to\.endpoint: a private IP address/);
    expect(at("https://oss-cn-beijing-internal.aliyuncs.com")[0]).toMatch(
      /endpoint: internal to cn-beijing, out of reach from cn-hangzhou/,
    );
  });

  it("tells whose address a white list must have", () => {
    const notes = (url: string, vpc?: typeof VPC) =>
      networkNotes(configOf((config) => Object.assign(config, { vpc, clusters: { target: { url } } })));
    const publicUrl = "http://es-cn-abc.public.elasticsearch.aliyuncs.com:9200";
    expect(notes(publicUrl)).toEqual([
      expect.stringMatching(/^clusters\.target: .*give the functions a vpc with a NAT gateway with an elastic IP \(EIP\)/),
    ]);
    expect(notes(publicUrl, VPC)).toEqual([expect.stringMatching(/give vpc-bp1 a NAT gateway .*internetAccess: false/)]);
    expect(notes("http://es-cn-abc.elasticsearch.aliyuncs.com:9200", VPC)).toEqual([
      expect.stringMatching(/address ranges of vsw-a, vsw-b to the private white list/),
    ]);
    expect(notes("https://es.example.com")).toEqual([]);
  });
});

describe("npm run check:serverless", () => {
  it("refuses a plain s deploy of what only npm run deploy knows, and takes secrets of KMS", { timeout: 60_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), "ossnap-check-"));
    try {
      const path = join(directory, "ossnap.yaml");
      const text = readFileSync("ossnap.yaml", "utf8").replace('secret: "${WEBHOOK_SECRET}"', 'secret: "${kms:prod/webhook}"');
      writeFileSync(path, text.replace("version: 1", "version: 1\ndeployment: prod"));
      const check = (...words: string[]) =>
        new Promise<string>((resolve) => {
          const command = ["--import", import.meta.resolve("tsx"), "infra/deploy/checkServerless.ts", ...words, "s.yaml", path];
          execFile(process.execPath, command, (error, stdout, stderr) => resolve(`${error?.code ?? 0}: ${stdout}${stderr}`));
        });
      expect(await check()).toMatch(/^0: s\.yaml: right, and in step with /);
      expect(await check("--plain")).toMatch(
        /^1: s\.yaml: 1 fault\n {2}deployment: has no effect on a plain s deploy, deploy with npm run deploy\n$/,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
