import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import type { Config } from "../../shared/model/config.ts";
import { deployedName } from "../../shared/model/deployment/deployedName.ts";
import { placeId } from "../../shared/repository/place.ts";
import { FUNCTION_LIMITS } from "./functionLimits.ts";
import { COMPONENT } from "./serverlessSchema.ts";

/** A variable of every function: which state it works on, so that another deployment of the same name is noticed. */
export const STATE_VARIABLE = "OSSNAP_STATE";

/** An access of `s` whose keys are in the variable of this name, as JSON; every name that ends so is one. */
export const ACCESS = "deployer_serverless_devs_key";

type Section = Record<string, unknown>;

/** What ossnap.yaml says about a deployment. */
export type Deployment = Pick<Config, "deployment" | "vpc" | "state">;

/**
 * s.yaml as it is deployed: anchors written out, and in each function what ossnap.yaml says about the deployment: its name, its VPC, and its
 * state. With a VPC the HTTP function's URL on the internet is off, unless the trigger says `disableURLInternet: false`.
 * A text that is no YAML comes back as it is; the check reports it.
 */
export function renderServerless(serverlessText: string, deployment: Deployment): string {
  const parsed = parseDocument(serverlessText, { merge: true });
  if (parsed.errors.length > 0) return serverlessText;
  const document = parsed.toJS() as Section | null;
  if (!isSection(document) || !isSection(document.resources)) return serverlessText;
  const { template: _, ...rest } = document;
  const resources = Object.entries(document.resources).map(([key, resource]) => [key, withDeployment(resource, deployment)]);
  return yamlText({ ...rest, resources: Object.fromEntries(resources) });
}

interface FolderOptions {
  component?: string | undefined;
  isWanted(functionName: string): boolean;
}

/**
 * A rendered s.yaml as it lies in the folder of the bundles, which `s` reads there: paths relative to it, with the keys of its environment, and without the steps that `npm run deploy` has run itself.
 * @param options another component, such as a stand-in's folder, and which functions are meant, by the names of their deployment.
 */
export function inBundleFolder(rendered: string, { component = COMPONENT, isWanted }: FolderOptions): string {
  const { actions, ...document } = parseDocument(rendered).toJS() as Section;
  const resources = Object.entries(document.resources as Section).flatMap(([key, resource]) => {
    const { props, access: _, ...own } = resource as { props: Section; access?: unknown };
    if (!isWanted(String(props.functionName))) return [];
    const code = String(props.code).replace(/^\.\/dist\//, "./");
    return [[key, { ...own, component, props: { ...props, code } }]];
  });
  const steps = isSection(actions)
    ? Object.entries(actions).map(([when, list]) => [when, Array.isArray(list) ? list.flatMap(movedStep) : list])
    : [];
  return yamlText({
    ...document,
    access: ACCESS,
    ...(steps.length === 0 ? {} : { actions: Object.fromEntries(steps) }),
    resources: Object.fromEntries(resources),
  });
}

/** What `npm run deploy` has done itself. */
const DONE_BEFORE = /npm run (?:-s )?(?:bundle|check:serverless)\b/;

function movedStep(step: unknown): unknown[] {
  if (!isSection(step)) return [step];
  return DONE_BEFORE.test(String(step.run)) ? [] : [{ ...step, path: join("..", String(step.path ?? ".")) }];
}

const BASE_NAMES: readonly string[] = Object.values(FUNCTION_LIMITS).map(({ functionName }) => functionName);

function withDeployment(resource: unknown, { deployment, vpc, state }: Deployment): unknown {
  if (!isSection(resource) || !isSection(resource.props)) return resource;
  const { props } = resource;
  const name = String(props.functionName);
  const variables = isSection(props.environmentVariables) ? props.environmentVariables : {};
  const vpcConfig = vpc && { vpcId: vpc.id, vSwitchIds: vpc.vSwitches, securityGroupId: vpc.securityGroup };
  return {
    ...resource,
    props: {
      ...props,
      ...(BASE_NAMES.includes(name) ? { functionName: deployedName(name, deployment) } : {}),
      ...(vpcConfig === undefined || props.vpcConfig !== undefined ? {} : { vpcConfig }),
      environmentVariables: { ...variables, [STATE_VARIABLE]: placeId(state) },
      ...(vpc !== undefined && Array.isArray(props.triggers) ? { triggers: props.triggers.map(withoutInternet) } : {}),
    },
  };
}

function withoutInternet(trigger: unknown): unknown {
  if (!isSection(trigger) || trigger.triggerType !== "http" || !isSection(trigger.triggerConfig)) return trigger;
  return { ...trigger, triggerConfig: { disableURLInternet: true, ...trigger.triggerConfig } };
}

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function yamlText(document: Section): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}
