import { promisify } from "node:util";
import { unzip } from "node:zlib";
import { errors, HttpConnection } from "@elastic/elasticsearch";
import type {
  ConnectionRequestOptions,
  ConnectionRequestOptionsAsStream,
  ConnectionRequestParams,
  ConnectionRequestResponse,
  ConnectionRequestResponseAsStream,
} from "@elastic/transport";

const unzipped = promisify(unzip);

/**
 * The client's own connection forgets its limits with the response's headers: a body that stops in the middle was waited for without end,
 * and a compressed one was inflated without end. Here both hold until the last byte.
 */
export class BoundedConnection extends HttpConnection {
  /** Node destroys the socket when the signal aborts, whatever has arrived by then. */
  override buildRequestObject(params: ConnectionRequestParams, options: ConnectionRequestOptions) {
    const request = super.buildRequestObject(params, options);
    return options.signal === undefined ? request : { ...request, signal: options.signal };
  }

  override request(params: ConnectionRequestParams, options: ConnectionRequestOptions): Promise<ConnectionRequestResponse>;
  override request(params: ConnectionRequestParams, options: ConnectionRequestOptionsAsStream): Promise<ConnectionRequestResponseAsStream>;
  override async request(
    params: ConnectionRequestParams,
    options: ConnectionRequestOptions,
  ): Promise<ConnectionRequestResponse | ConnectionRequestResponseAsStream> {
    const maxBytes = options.maxResponseSize ?? Number.MAX_SAFE_INTEGER;
    const limited: ConnectionRequestOptions = { ...options, maxCompressedResponseSize: maxBytes };
    const answer = await super.request(params, limited);
    const { "content-encoding": encoding, ...headers } = answer.headers;
    if (encoding === undefined || !Buffer.isBuffer(answer.body)) return answer;
    return { ...answer, headers, body: await inflated(answer.body, maxBytes) };
  }
}

async function inflated(body: Buffer, maxBytes: number): Promise<string> {
  try {
    return (await unzipped(body, { maxOutputLength: maxBytes })).toString("utf8");
  } catch (error) {
    const isTooLarge = (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";
    const why = isTooLarge ? `it inflates to more than ${maxBytes} bytes` : "it is no gzip or deflate";
    throw new errors.RequestAbortedError(why);
  }
}
