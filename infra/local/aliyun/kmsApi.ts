import { createServer, type IncomingMessage } from "node:http";
import { messageOf } from "../../../shared/model/errors.ts";
import { API_SCHEME, acs3Fault, mayDo, type SigningKeys } from "../fc/doors/acs3Signature.ts";
import type { Door } from "../fc/doors/httpDoor.ts";
import { closeServer, listen } from "../fc/doors/listen.ts";
import { readBody } from "../fc/doors/readBody.ts";
import { newRequestId } from "../fc/doors/requestId.ts";
import { ApiRefusal } from "./instanceBook.ts";

const BODY_BYTES_MAX = 64 * 1024;
const VERSION = "2016-01-20";

export interface KmsApiOptions {
  /** Values by name; a value that is not a text is `binary`. */
  secrets: Readonly<Record<string, string | Uint8Array>>;
  /** 0 selects any free port. */
  port: number;
  address?: string | undefined;
  /** The only accepted key. */
  credentials: SigningKeys;
  /** Where what it keeps is, for resources in policies: `cn-hangzhou:1234567890123456`. */
  location?: string | undefined;
}

export interface KmsApi extends Door {
  /** The names asked for by every request that carried a valid signature. */
  requests: string[];
  /** Refuses the next requests. */
  failNext(statusCode: number, code: string, times?: number): void;
}

/** GetSecretValue of Alibaba Cloud KMS, signatures verified. Errors: `conflict` when the port is in use. */
export async function startKmsApi({ secrets, port, address = "127.0.0.1", credentials, location = "*:*" }: KmsApiOptions): Promise<KmsApi> {
  const requests: string[] = [];
  const faults: ApiRefusal[] = [];
  const answer = async (request: IncomingMessage): Promise<object> => {
    const { method = "GET", url = "/", headers } = request;
    const body = (await readBody(request, BODY_BYTES_MAX)) ?? Buffer.alloc(0);
    const wrong = acs3Fault({ method, url, headers, body }, credentials, Date.now(), API_SCHEME);
    if (wrong !== undefined) throw new ApiRefusal(wrong.statusCode, wrong.code, wrong.message);
    if (headers["x-acs-action"] !== "GetSecretValue" || headers["x-acs-version"] !== VERSION)
      throw new ApiRefusal(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.");
    const name = new URL(url, "http://api").searchParams.get("SecretName") ?? "";
    if (!mayDo(credentials, { action: "kms:GetSecretValue", resource: `acs:kms:${location}:secret/${name}` }))
      throw new ApiRefusal(403, "Forbidden.NoPermission", "This operation is forbidden by permission system.");
    requests.push(name);
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    return answerFor(secrets, name);
  };
  const server = createServer((request, response) => {
    const requestId = newRequestId(Date.now());
    void answer(request)
      .then((body) => ({ statusCode: 200, body }))
      .catch((error: unknown) => {
        const { statusCode, code } = error instanceof ApiRefusal ? error : { statusCode: 500, code: "InternalFailure" };
        return { statusCode, body: { Code: code, Message: messageOf(error) } };
      })
      .then(({ statusCode, body }) => {
        response.writeHead(statusCode, { "content-type": "application/json", "x-acs-request-id": requestId });
        response.end(JSON.stringify({ ...body, RequestId: requestId }));
      });
  });
  const boundPort = await listen(server, "KMS API", port, address);
  return {
    port: boundPort,
    url: `http://${address}:${boundPort}`,
    close: () => closeServer(server),
    requests,
    failNext: (statusCode, code, times = 1) =>
      void faults.push(...Array.from({ length: times }, () => new ApiRefusal(statusCode, code, "A fault of the test."))),
  };
}

function answerFor(secrets: KmsApiOptions["secrets"], name: string): object {
  if (!Object.hasOwn(secrets, name)) throw new ApiRefusal(404, "Forbidden.ResourceNotFound", "Resource not found.");
  const value = secrets[name] ?? "";
  const isText = typeof value === "string";
  const SecretData = isText ? value : Buffer.from(value).toString("base64");
  const SecretDataType = isText ? "text" : "binary";
  return { SecretName: name, SecretType: "Generic", SecretData, SecretDataType, VersionStages: { VersionStage: ["ACSCurrent"] } };
}
