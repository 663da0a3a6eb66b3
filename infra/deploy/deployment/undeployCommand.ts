import { shellWord } from "../../../shared/words/command.ts";
import type { InputOptions } from "./inputs.ts";

export interface Removal extends Pick<InputOptions, "configPath" | "serverlessPath"> {
  envFile: string | undefined;
  /** Another deployment than ossnap.yaml's. */
  other?: { deployment: string | undefined } | undefined;
  takeOver?: boolean;
}

/** The command that removes a deployment, with the files of this one: without them it would remove what another ossnap.yaml names. */
export function undeployCommand({ configPath, serverlessPath, envFile, other, takeOver }: Removal): string {
  const words = [
    ...(configPath === "ossnap.yaml" ? [] : ["--config", configPath]),
    ...(serverlessPath === "s.yaml" ? [] : ["--serverless", serverlessPath]),
    ...(envFile === undefined ? [] : ["--env-file", envFile]),
    ...(other === undefined ? [] : other.deployment === undefined ? ["--unnamed"] : ["--named", other.deployment]),
    ...(takeOver ? ["--take-over"] : []),
    "--yes",
  ];
  return `npm run undeploy -- ${words.map(shellWord).join(" ")}`;
}
