import * as openApi from "@alicloud/openapi-client";

export { Config, OpenApiRequest, Params } from "@alicloud/openapi-client";

// The package is CommonJS with its own `default`: Node and esbuild expose it one level deeper than vitest.
const outer: { default: typeof openApi.default.default } | typeof openApi.default.default = openApi.default;

/** Alibaba Cloud's generic OpenAPI client, independent of the module loader. */
export const OpenApiClient = "default" in outer ? outer.default : outer;
