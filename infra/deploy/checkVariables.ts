import type { Config } from "../../shared/model/config.ts";
import { type Fault, fault, nearest } from "../../shared/repository/fault.ts";
import type { FunctionProps } from "./serverlessSchema.ts";

/** Where a function finds keys for Amazon other than in these two variables: a role that AWS gives on the word of another identity. */
const AWS_ROLE_VARIABLES = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

/** The variables of a function for domains of Amazon without keys in ossnap.yaml: Function Compute gives no role of AWS. */
export function awsVariables({ clusters }: Config, { environmentVariables = {} }: FunctionProps): string[] {
  const isNeeded = Object.values(clusters).some(({ aws }) => aws !== undefined && aws.accessKeyId === undefined);
  const hasRole = AWS_ROLE_VARIABLES.some((name) => environmentVariables[name] !== undefined);
  return isNeeded && !hasRole ? ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] : [];
}

/** A function must have every variable that ossnap.yaml takes from its environment. */
export function checkSecrets(path: string, props: FunctionProps, names: readonly string[]): Fault[] {
  const missing = names.filter((name) => props.environmentVariables?.[name] === undefined);
  if (missing.length === 0) {
    return [];
  }
  const lines = missing.map((name) => `${name}: \${env('${name}', '')}`);
  const wrong = `lacks ${missing.join(", ")}, which ossnap.yaml needs`;
  return [fault(`${path}.environmentVariables`, "serverless.environment", wrong, `add\n${lines.join("\n")}`)];
}

/** A variable, and the one of the deployer's environment that it is deployed with. */
const READ_VARIABLE = /^\s*([A-Za-z]\w*):\s*["']?\$\{\s*env\(\s*(['"])([^'"]+)\2/gm;

/** A default hides a misspelt name: `s deploy` would deploy the variable empty. Another name altogether may be the deployer's own. */
export function checkVariableNames(serverlessText: string, names: readonly string[]): Fault[] {
  return [...serverlessText.matchAll(READ_VARIABLE)].flatMap(([, variable = "", , read = ""]) => {
    const isMeant = read === variable || !names.includes(variable) || (!names.includes(read) && nearest(read, [variable]) === undefined);
    const fix = `write env('${variable}', '')`;
    return isMeant
      ? []
      : [fault(`environmentVariables.${variable}`, "serverless.environmentName", "reads another variable", fix, { value: read })];
  });
}
