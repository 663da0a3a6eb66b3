import { RuntimeOptions } from "@alicloud/tea-util";
import type * as z from "zod";
import { AppError } from "../../model/errors.ts";
import { INSTANCE_ID, INSTANCE_ID_FIX, type Instances, REGION, sharedRepositoryName } from "../../model/instances/instances.ts";
import { apiFault, isFault } from "./apiFault.ts";
import { ANSWERS, lowerCamel } from "./instanceAnswers.ts";
import { type OpenApiOptions, OpenApiRequest, openApiClient, Params } from "./openApiClient.ts";
import { type RetryPorts, retriedCall } from "./retriedCall.ts";

const SERVICE = "Alibaba Cloud Elasticsearch";
const API_VERSION = "2017-06-13";
/** The client's default is 3 s; adding a repository makes the platform register it on every node. */
const REQUEST_TIMEOUT_MS_DEFAULT = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** The one fault that every operation documents: https://www.alibabacloud.com/help/en/es/developer-reference/api-listsnapshotreposbyinstanceid */
const NOT_FOUND = /^Instance\.?NotFound/;

/** Its endpoint, by default `elasticsearch.<region>.aliyuncs.com`, knows the instances of its region alone. */
export interface InstancesOptions extends RetryPorts, OpenApiOptions {}

interface Call {
  action: string;
  method: "GET" | "POST" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: object;
}

/** Sends one request, again while that may help; what failed begins with the subject. */
type Send = <S extends z.ZodType>(subject: string, answer: S, call: Call) => Promise<z.output<S>>;

/**
 * Instances by Alibaba Cloud's OpenAPI for Elasticsearch, 2017-06-13 (DescribeInstance, ListSnapshotReposByInstanceId,
 * ListAlternativeSnapshotRepos, AddSnapshotRepo, DeleteSnapshotRepo): https://www.alibabacloud.com/help/en/es/developer-reference/
 */
export function aliyunInstances(options: InstancesOptions): Instances {
  const send = sender(options);
  return {
    async describe(instance) {
      const call: Call = { action: "DescribeInstance", method: "GET", path: pathOf(instance) };
      try {
        const { result } = await send(`instance ${instance}`, ANSWERS.instance, call);
        return { id: instance, version: result.esVersion, status: result.status };
      } catch (error) {
        if (error instanceof AppError && isFault(error.cause, NOT_FOUND)) return undefined;
        throw error;
      }
    },
    async sharedWith(target) {
      const call: Call = { action: "ListSnapshotReposByInstanceId", method: "GET", path: `${pathOf(target)}/snapshot-repos` };
      const { result } = await send(`shared repositories of ${target}`, ANSWERS.shared, call);
      return (result ?? []).map(({ instanceId, snapWarehouse, status }) => ({
        instance: instanceId,
        repository: snapWarehouse ?? sharedRepositoryName(instanceId),
        available: status !== "unavailable",
      }));
    },
    async alternatives(target) {
      const call: Call = { action: "ListAlternativeSnapshotRepos", method: "GET", path: `${pathOf(target)}/alternative-snapshot-repos` };
      // With `true` the answer also contains what is shared already.
      const { result } = await send(`instances that ${target} may use`, ANSWERS.alternatives, {
        ...call,
        query: { alreadySetItems: "false" },
      });
      return (result ?? []).map(({ instanceId }) => instanceId);
    },
    async add(target, source, token) {
      const subject = `the repository of ${source} was not shared with ${target}`;
      const call: Call = { action: "AddSnapshotRepo", method: "POST", path: `${pathOf(target)}/snapshot-repos` };
      await done(send, subject, { ...call, query: { clientToken: token }, body: { repoPath: checkedId(source) } });
    },
    async remove(target, source, token) {
      const subject = `the sharing of ${source} with ${target} was not ended`;
      const call: Call = { action: "DeleteSnapshotRepo", method: "DELETE", path: `${pathOf(target)}/snapshot-repos` };
      await done(send, subject, { ...call, query: { repoPath: checkedId(source), clientToken: token } });
    },
  };
}

/** A `false` in an answer with status 200 is a refusal without a reason. */
async function done(send: Send, subject: string, call: Call): Promise<void> {
  const { result } = await send(subject, ANSWERS.done, call);
  if (!result) throw new AppError("refused", `${subject}: ${SERVICE} answered false and gives no reason`);
}

function sender(options: InstancesOptions): Send {
  const { region, protocol = "HTTPS", requestTimeoutMs } = options;
  // It becomes part of a host's name.
  if (!REGION.test(region))
    throw new AppError("invalid", `region: ${JSON.stringify(region)} is not a region; write one such as cn-hangzhou`);
  const readTimeoutMs = requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT;
  const client = openApiClient(options, `elasticsearch.${region}.aliyuncs.com`);
  const once = async (call: Call): Promise<unknown> => {
    const { action, method, path, query = {}, body } = call;
    const form = { authType: "AK", style: "ROA", reqBodyType: "json", bodyType: "json" };
    const params = new Params({ action, version: API_VERSION, protocol, method, pathname: path, ...form });
    const request = new OpenApiRequest({ query, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const readTimeout = Math.max(1, Math.min(readTimeoutMs, options.remainingMs()));
    const timeouts = { readTimeout, connectTimeout: Math.min(CONNECT_TIMEOUT_MS, readTimeout) };
    const answer = await client.callApi(params, request, new RuntimeOptions({ autoretry: false, ...timeouts }));
    return answer.body;
  };
  return async (subject, schema, call) => {
    const body = await retriedCall(async () => {
      try {
        return await once(call);
      } catch (error) {
        throw notFound(subject, error) ?? apiFault(SERVICE, subject, error, `elasticsearch:${call.action}`);
      }
    }, options);
    const read = schema.safeParse(lowerCamel(body));
    if (read.success) return read.data;
    const where = read.error.issues[0]?.path.join(".") || "it";
    throw new AppError("permanent", `${subject}: ${SERVICE} answered in a shape that this version does not know (${where})`);
  };
}

/** Reported with status 400. */
function notFound(subject: string, error: unknown): AppError | undefined {
  if (!isFault(error, NOT_FOUND)) return undefined;
  return new AppError("absent", `${subject}: the account has no such instance in this region`, { cause: error });
}

const pathOf = (instance: string) => `/openapi/instances/${checkedId(instance)}`;

function checkedId(instance: string): string {
  if (INSTANCE_ID.test(instance)) return instance;
  throw new AppError("invalid", `instance: ${JSON.stringify(instance)} is not an instance id; ${INSTANCE_ID_FIX}`);
}
