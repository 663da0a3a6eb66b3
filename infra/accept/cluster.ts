import type { ClusterConfig } from "../../shared/model/config.ts";
import { AppError } from "../../shared/model/errors.ts";

const TIMEOUT_MS = 60_000;

/** One request of whoever accepts, who writes the documents; ossnap itself never writes any. Errors: `transient`, `permanent`. */
export async function askCluster(
  { url, username, password }: Pick<ClusterConfig, "url" | "username" | "password">,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const basic = Buffer.from(`${username}:${password}`).toString("base64");
  const init = {
    method,
    headers: { "content-type": "application/json", ...(username === undefined ? {} : { authorization: `Basic ${basic}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
  const answer = await fetch(new URL(path, url), init).catch((error: unknown) => {
    throw new AppError("transient", `${method} ${path}: the cluster is not reached from here: ${String(error)}`, { cause: error });
  });
  const text = await answer.text();
  if (answer.ok) return text === "" ? undefined : JSON.parse(text);
  if (answer.status === 404) return undefined;
  throw new AppError("permanent", `${method} ${path}: HTTP ${answer.status}: ${text.slice(0, 300)}`);
}
