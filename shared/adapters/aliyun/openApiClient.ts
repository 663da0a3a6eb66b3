import * as openApi from "@alicloud/openapi-client";
import { Config } from "@alicloud/openapi-client";

export { Config, OpenApiRequest, Params } from "@alicloud/openapi-client";

// The package is CommonJS with its own `default`: Node and esbuild expose it one level deeper than vitest.
const outer: { default: typeof openApi.default.default } | typeof openApi.default.default = openApi.default;

/** Alibaba Cloud's generic OpenAPI client, independent of the module loader. */
export const OpenApiClient = "default" in outer ? outer.default : outer;

/** How every API of Alibaba Cloud is reached. */
export interface OpenApiOptions {
  region: string;
  /** `host` or `host:port`; the service's own of the region by default. */
  endpoint?: string | undefined;
  /** Defaults to HTTPS. */
  protocol?: "HTTP" | "HTTPS" | undefined;
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string | undefined;
  requestTimeoutMs?: number | undefined;
}

export function openApiClient({ region, endpoint, protocol, accessKeyId, accessKeySecret, securityToken }: OpenApiOptions, host: string) {
  const keys = { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
  return new OpenApiClient(new Config({ ...keys, regionId: region, endpoint: endpoint ?? host, protocol: protocol ?? "HTTPS" }));
}
