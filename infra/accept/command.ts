import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { deployedName } from "../../shared/model/deployment/deployedName.ts";
import { AppError } from "../../shared/model/errors.ts";
import { loadConfig } from "../../shared/runtime/config/loadConfig.ts";
import { readSettings } from "../../shared/runtime/settings.ts";
import { EXIT } from "../cli/exitCodes.ts";
import { newToken } from "../cli/verbs/deployment/token.ts";
import { deploy } from "../deploy/deployment/deploy.ts";
import { deployerEnvironment, readInputs } from "../deploy/deployment/inputs.ts";
import { keysOf, openControlPlane } from "../deploy/deployment/planDeployment.ts";
import { runMain } from "../deploy/deployment/runMain.ts";
import { undeploy } from "../deploy/deployment/undeploy.ts";
import { standInsFor } from "../deploy/standIns.ts";
import { accept } from "./acceptance.ts";
import { cloudSite, cloudVariables } from "./cloud.ts";
import { reportText } from "./report.ts";
import { configText, serverlessText } from "./site.ts";
import type { Platform } from "./stage.ts";

const FOLDER = "dist/accept";
/** A first snapshot and restore on a small managed cluster take a minute or two each; each step of a job waits for the next tick. */
const PATIENCE_MS = 15 * 60_000;

const write = (line: string) => void process.stdout.write(`${line}\n`);

/** `npm run accept:cloud -- --env-file accept.env [--plan] [--keep]`: tries on the cloud what ossnap relies on, and prints a report. */
async function main(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      "env-file": { type: "string" },
      plan: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  const env = deployerEnvironment(process.env, values["env-file"]);
  const { token, sha256 } = newToken();
  const shell = { ...env, OPERATOR_TOKEN_SHA256: sha256 };
  const paths = written(shell);
  const common = { ...paths, folder: FOLDER, envFile: undefined, takeOver: false, write };
  const deployed = (plan: boolean) => deploy({ ...common, plan, noBundle: false, withoutEvents: false }, shell);
  if (values.plan) {
    const code = await deployed(true);
    write(`Its configuration is ${paths.configPath}; what its roles need: ossnap policies --config ${paths.configPath}`);
    return code;
  }
  const inputs = readInputs({ ...paths, withoutEvents: false }, shell);
  const keys = keysOf(inputs.env);
  const platform: Platform = {
    async deploy() {
      const code = await deployed(false);
      if (code !== 0) throw new AppError("permanent", `npm run deploy ended with ${code}`);
      const name = deployedName("ossnap-http", inputs.config.deployment);
      const urls = (await openControlPlane(inputs, keys).triggers(name)).flatMap(({ httpTrigger }) => httpTrigger?.urlInternet ?? []);
      if (urls[0] === undefined) throw new AppError("permanent", `${name}: its HTTP trigger has no address on the internet`);
      return { url: urls[0] };
    },
    undeploy: async () => void (await undeploy({ ...common, yes: true }, shell)),
  };
  const report = await accept({
    settings: readSettings(paths.configPath, { ...shell, OSSNAP_CONFIG: paths.configPath }),
    context: {
      requestId: "accept",
      function: { name: "accept", timeout: PATIENCE_MS / 1000 },
      region: inputs.region,
      ...(inputs.accountId === undefined ? {} : { accountId: inputs.accountId }),
    },
    keys,
    token,
    platform,
    patienceMs: PATIENCE_MS,
    keep: values.keep,
    write,
  });
  write(`\n${reportText(report)}`);
  return report.findings.every(({ outcome }) => outcome === "ok") ? EXIT.ok : EXIT.failed;
}

/** The configuration and s.yaml of the acceptance, beside its bundles. */
function written(env: Record<string, string | undefined>): { configPath: string; serverlessPath: string } {
  mkdirSync(FOLDER, { recursive: true });
  const cloud = cloudVariables(env);
  const [configPath, serverlessPath] = [join(FOLDER, "ossnap.yaml"), join(FOLDER, "serverless.yaml")];
  const config = configText(cloudSite(cloud));
  writeFileSync(configPath, config);
  const standIns = standInsFor(config);
  const options = { region: cloud.ACCEPT_REGION, variables: Object.keys(standIns) };
  writeFileSync(serverlessPath, serverlessText(readFileSync("s.yaml", "utf8"), loadConfig(config, standIns), options));
  return { configPath, serverlessPath };
}

await runMain(main);
