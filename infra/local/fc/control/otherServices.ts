import { type ControlAnswer, ControlFault, type ControlRequest, objectOf } from "./answer.ts";

/** What a deployment makes beside functions: places for logs, and the role by which OSS invokes one. */
export interface OtherServices {
  /** The project's name comes from the host; "" for requests to the region. */
  logs(request: ControlRequest, project: string): ControlAnswer;
  ram(request: ControlRequest): ControlAnswer;
  /** `project/logstore`, with an index or without. */
  readonly logstores: ReadonlyMap<string, { hasIndex: boolean }>;
  /** Names of policies by role. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>;
}

export function otherServices(): OtherServices {
  const projects = new Set<string>();
  const logstores = new Map<string, { hasIndex: boolean }>();
  const roles = new Map<string, Set<string>>();
  return {
    logstores,
    roles,
    logs: (request, project) => logs({ projects, logstores }, request, project),
    ram: (request) => ram(roles, request),
  };
}

interface LogState {
  projects: Set<string>;
  logstores: Map<string, { hasIndex: boolean }>;
}

/** https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-overview */
function logs({ projects, logstores }: LogState, request: ControlRequest, project: string): ControlAnswer {
  const { method, path } = request;
  if (project === "" && method === "POST" && path === "/") return created(projects, String(objectOf(request).projectName));
  if (!projects.has(project)) throw new ControlFault(404, "ProjectNotExist", `project ${project} does not exist`);
  if (method === "GET" && path === "/") return { status: 200, body: { projectName: project } };
  if (method === "POST" && path === "/logstores") {
    logstores.set(`${project}/${String(objectOf(request).logstoreName)}`, { hasIndex: false });
    return { status: 200 };
  }
  const [, name = "", index] = /^\/logstores\/([^/]+)(\/index)?$/.exec(path) ?? [];
  const known = logstores.get(`${project}/${name}`);
  if (known === undefined) throw new ControlFault(404, "LogStoreNotExist", `logstore ${name} does not exist`);
  if (index === undefined) return { status: 200, body: { logstoreName: name } };
  if (method === "POST") known.hasIndex = true;
  else if (!known.hasIndex) throw new ControlFault(404, "IndexConfigNotExist", `logstore ${name} has no index`);
  return { status: 200, body: {} };
}

function created(projects: Set<string>, name: string): ControlAnswer {
  if (projects.has(name)) throw new ControlFault(400, "ProjectAlreadyExist", `project ${name} exists`);
  projects.add(name);
  return { status: 200 };
}

/** https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-overview */
function ram(roles: Map<string, Set<string>>, { action, query }: ControlRequest): ControlAnswer {
  const { RoleName: name = "", PolicyName: policy = "" } = query;
  if (action === "CreateRole") {
    if (roles.has(name)) throw new ControlFault(409, "EntityAlreadyExists.Role", `role ${name} exists`);
    roles.set(name, new Set());
    return { status: 200, body: { Role: { RoleName: name } } };
  }
  const policies = roles.get(name);
  if (policies === undefined) throw new ControlFault(404, "EntityNotExist.Role", `role ${name} does not exist`);
  if (action === "GetRole") return { status: 200, body: { Role: { RoleName: name } } };
  if (action === "ListPoliciesForRole")
    return { status: 200, body: { Policies: { Policy: [...policies].map((PolicyName) => ({ PolicyName, PolicyType: "System" })) } } };
  if (action !== "AttachPolicyToRole") throw new ControlFault(400, "InvalidAction.NotFound", `${action} is not supported`);
  policies.add(policy);
  return { status: 200, body: {} };
}
