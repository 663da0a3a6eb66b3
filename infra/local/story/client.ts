import { type Keys, triggerHeaders } from "../../cli/at/triggerSignature.ts";
import type { LocalHost } from "../host/host.ts";

/** Calls the HTTP function like any client with keys and a token. */
export interface ApiClient {
  get<T>(path: string): Promise<T>;
  delete(path: string): Promise<{ status: number }>;
  post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: T }>;
}

/** A client of a running host. */
export function clientOf({ httpUrl, plan }: LocalHost, role: "operator" | "viewer"): ApiClient {
  return apiClient(httpUrl, plan.tokens[role], plan.oss);
}

/** @param keys sign each request, as the HTTP trigger requires. */
export function apiClient(url: string, token: string, keys: Keys): ApiClient {
  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...triggerHeaders(method, new URL(url + path), keys, new Date()),
        "x-ossnap-token": token,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  }
  return {
    async get<T>(path: string) {
      const { status, body } = await call("GET", path);
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
      return body as T;
    },
    delete: (path) => call("DELETE", path),
    async post<T>(path: string, body?: unknown, headers?: Record<string, string>) {
      const answer = await call("POST", path, body, headers);
      return { status: answer.status, body: answer.body as T };
    },
  };
}
