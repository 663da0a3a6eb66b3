import { RuntimeOptions } from "@alicloud/tea-util";
import { statusOf } from "../../shared/adapters/aliyun/apiFault.ts";
import { OpenApiRequest, openApiClient, Params } from "../../shared/adapters/aliyun/openApiClient.ts";
import type { Stage } from "./stage.ts";

const VERSION = "2023-03-30";

/** InvokeFunction with a task id, as it is answered: the adapter treats a known id as a started task. Errors: what has no HTTP status. */
export async function invokeTask(
  { settings, context, keys }: Pick<Stage, "settings" | "context" | "keys">,
  functionName: string,
  taskId: string,
  payload: unknown,
): Promise<number> {
  const { accountId, region = "" } = context;
  const { host, protocol = "HTTPS" } = settings.fcEndpoint ?? {};
  const client = openApiClient({ region, endpoint: host, protocol, ...keys }, `${accountId}.${region}.fc.aliyuncs.com`);
  const params = new Params({
    ...{ action: "InvokeFunction", version: VERSION, protocol, method: "POST", authType: "AK", style: "ROA" },
    ...{ pathname: `/${VERSION}/functions/${functionName}/invocations`, reqBodyType: "json", bodyType: "none" },
  });
  const headers = { "x-fc-invocation-type": "Async", "x-fc-async-task-id": taskId };
  try {
    const request = new OpenApiRequest({ headers, body: JSON.stringify(payload) });
    const answer = (await client.callApi(params, request, new RuntimeOptions({ autoretry: false }))) as { statusCode?: number };
    return answer.statusCode ?? 0;
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined) throw error;
    return status;
  }
}
