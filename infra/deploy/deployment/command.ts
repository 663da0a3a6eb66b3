import { parseArgs } from "node:util";
import { AppError } from "../../../shared/model/errors.ts";
import { deploy } from "./deploy.ts";
import { runMain } from "./runMain.ts";
import { undeploy } from "./undeploy.ts";

const FOLDER = "dist";

const write = (line: string) => void process.stdout.write(`${line}\n`);

/** `npm run deploy -- [--plan] …` and `npm run undeploy -- [--yes] …`. */
async function main([verb, ...words]: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      config: { type: "string" },
      serverless: { type: "string", default: "s.yaml" },
      "env-file": { type: "string" },
      "take-over": { type: "boolean", default: false },
      ...(verb === "deploy" ? DEPLOY : UNDEPLOY),
    },
  });
  const given = values as Partial<Record<keyof typeof DEPLOY | "yes" | "unnamed", boolean>> & { named?: string };
  const common = {
    configPath: values.config ?? (process.env.OSSNAP_CONFIG || "ossnap.yaml"),
    serverlessPath: values.serverless,
    folder: FOLDER,
    envFile: values["env-file"],
    takeOver: values["take-over"],
    component: process.env.OSSNAP_FC3_COMPONENT || undefined,
    write,
  };
  if (verb !== "deploy") {
    if (given.unnamed && given.named !== undefined) throw new AppError("invalid", "--unnamed and --named: name one deployment");
    const other = given.unnamed || given.named !== undefined ? { deployment: given.named } : undefined;
    return undeploy({ ...common, yes: given.yes === true, other }, process.env);
  }
  const [plan, noBundle, withoutEvents] = [given.plan === true, given["no-bundle"] === true, given["without-events"] === true];
  return deploy({ ...common, plan, noBundle, withoutEvents, beside: given.beside === true }, process.env);
}

const DEPLOY = {
  plan: { type: "boolean" },
  "no-bundle": { type: "boolean" },
  "without-events": { type: "boolean" },
  beside: { type: "boolean" },
} as const;
const UNDEPLOY = { yes: { type: "boolean" }, unnamed: { type: "boolean" }, named: { type: "string" } } as const;

await runMain(main);
