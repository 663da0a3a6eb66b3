import { RuntimeOptions } from "@alicloud/tea-util";
import * as z from "zod";
import type { Secrets } from "../../model/deployment/secrets.ts";
import { AppError } from "../../model/errors.ts";
import { REGION } from "../../model/instances/instances.ts";
import { apiFault, isFault, statusOf } from "./apiFault.ts";
import { type OpenApiOptions, OpenApiRequest, openApiClient, Params } from "./openApiClient.ts";
import { type RetryPorts, retriedCall } from "./retriedCall.ts";

const SERVICE = "Key Management Service";
const API_VERSION = "2016-01-20";
/** An instance waits for its secrets before anything else, and the client's default of 3 s is short for a first connection. */
const REQUEST_TIMEOUT_MS_DEFAULT = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Answered with 404; the gateway calls it a refusal. */
const NOT_FOUND = /^Forbidden\.ResourceNotFound/;

/** Members that nobody here needs are passed over. */
const answer = z.object({ SecretData: z.string(), SecretDataType: z.string().optional() });

export interface KmsOptions extends RetryPorts, OpenApiOptions {}

/**
 * Secrets of Alibaba Cloud KMS, by GetSecretValue 2016-01-20: an RPC with the parameter SecretName, answered with SecretData and
 * SecretDataType (`text` or `binary`); the version is the one marked ACSCurrent. The right is `kms:GetSecretValue`, with a key of one's own
 * also `kms:Decrypt`. https://www.alibabacloud.com/help/en/kms/key-management-service/developer-reference/api-kms-2016-01-20-getsecretvalue
 * The endpoint is by default that of the region, `kms.<region>.aliyuncs.com`.
 */
export function kmsSecrets(options: KmsOptions): Secrets {
  const { region, protocol = "HTTPS", requestTimeoutMs = REQUEST_TIMEOUT_MS_DEFAULT } = options;
  // It becomes part of a host's name.
  if (!REGION.test(region))
    throw new AppError("invalid", `region: ${JSON.stringify(region)} is not a region; write one such as cn-hangzhou`);
  const client = openApiClient(options, `kms.${region}.aliyuncs.com`);
  const form = { authType: "AK", style: "RPC", reqBodyType: "formData", bodyType: "json" };
  const params = new Params({ action: "GetSecretValue", version: API_VERSION, protocol, method: "POST", pathname: "/", ...form });
  const once = async (name: string): Promise<unknown> => {
    const readTimeout = Math.max(1, Math.min(requestTimeoutMs, options.remainingMs()));
    const timeouts = { readTimeout, connectTimeout: Math.min(CONNECT_TIMEOUT_MS, readTimeout) };
    const request = new OpenApiRequest({ query: { SecretName: name } });
    return (await client.callApi(params, request, new RuntimeOptions({ autoretry: false, ...timeouts }))).body;
  };
  return {
    async read(name) {
      const subject = `secret ${name} of KMS`;
      const body = await retriedCall(async () => {
        try {
          return await once(name);
        } catch (error) {
          throw notFound(subject, region, error) ?? apiFault(SERVICE, subject, error, "kms:GetSecretValue");
        }
      }, options);
      const read = answer.safeParse(body);
      // Neither the answer nor the schema's fault is repeated: both may hold the value.
      if (!read.success) throw new AppError("permanent", `${subject}: ${SERVICE} answered in a shape that this version does not know`);
      const { SecretData: value, SecretDataType: type = "text" } = read.data;
      if (type !== "text") throw new AppError("invalid", `${subject}: its value is ${type}; store a text`);
      if (value === "") throw new AppError("invalid", `${subject}: its value is empty; store the password or token in it`);
      return value;
    },
  };
}

function notFound(subject: string, region: string, error: unknown): AppError | undefined {
  if (statusOf(error) !== 404 && !isFault(error, NOT_FOUND)) return undefined;
  return new AppError(
    "absent",
    `${subject}: there is none of that name in ${region}; create it there, or correct the name in ossnap.yaml`,
    {
      cause: error,
    },
  );
}
