import * as openApi from "@alicloud/openapi-client";

export { Config, OpenApiRequest, Params } from "@alicloud/openapi-client";

// The package is CommonJS with a `default` of its own: Node and esbuild show it one level deeper than vitest does.
const outer: { default: typeof openApi.default.default } | typeof openApi.default.default = openApi.default;

/** Alibaba Cloud's generic OpenAPI client, however this module was loaded. */
export const OpenApiClient = "default" in outer ? outer.default : outer;
