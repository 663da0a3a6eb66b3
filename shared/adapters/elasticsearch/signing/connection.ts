import type {
  ConnectionRequestOptions,
  ConnectionRequestOptionsAsStream,
  ConnectionRequestParams,
  ConnectionRequestResponse,
  ConnectionRequestResponseAsStream,
} from "@elastic/transport";
import { type SignRequest, signablePath } from "../../aws/signer.ts";
import { BoundedConnection } from "../connection.ts";

/** A connection that signs each request last, when its path, query and body are those that are sent. */
export function signedConnection(sign: SignRequest): typeof BoundedConnection {
  return class SignedConnection extends BoundedConnection {
    override buildRequestObject(params: ConnectionRequestParams, options: ConnectionRequestOptions) {
      const request = super.buildRequestObject(params, options);
      return { ...request, path: signablePath(request.path ?? "/") };
    }

    override request(params: ConnectionRequestParams, options: ConnectionRequestOptions): Promise<ConnectionRequestResponse>;
    override request(
      params: ConnectionRequestParams,
      options: ConnectionRequestOptionsAsStream,
    ): Promise<ConnectionRequestResponseAsStream>;
    override async request(
      params: ConnectionRequestParams,
      options: ConnectionRequestOptions,
    ): Promise<ConnectionRequestResponse | ConnectionRequestResponseAsStream> {
      const { path, headers } = this.buildRequestObject(params, options);
      const signed = await sign({
        method: params.method,
        host: this.url.host,
        target: path ?? "/",
        contentType: (headers as Record<string, string | undefined>)["content-type"],
        body: wholeBody(params.body),
      });
      return super.request({ ...params, headers: { ...params.headers, ...signed } }, options);
    }
  };
}

function wholeBody(body: ConnectionRequestParams["body"]): string | Uint8Array | undefined {
  if (body === undefined || body === null || body === "") return undefined;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  throw new TypeError("a stream cannot be signed");
}
