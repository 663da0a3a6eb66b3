import type { Config } from "../../../shared/model/config.ts";
import { startFcApi } from "../fc/doors/apiStandIn.ts";
import { startHttpTrigger } from "../fc/doors/httpDoor.ts";
import type { FunctionHost } from "../fc/host.ts";
import { startOss } from "../oss/startOss.ts";
import { type ElasticsearchServer, startElasticsearch } from "../servers/elasticsearch.ts";
import { startS3 } from "../servers/s3.ts";
import { acceptedKeys } from "./accountKeys.ts";
import type { Deployment, FunctionEventRule } from "./deployment.ts";
import type { LocalHostOptions } from "./hostOptions.ts";
import { startNoticeBoard } from "./noticeBoard.ts";
import type { LocalPlan } from "./plan.ts";

interface Starting {
  plan: LocalPlan;
  closers: (() => Promise<void>)[];
}

/** Starts every listener except the clusters: notices, Function Compute's API, OSS with its events, HTTP, S3. */
export async function startListeners({
  plan,
  config,
  deployment,
  functions,
  closers,
  options,
}: Starting & { config: Config; deployment: Deployment; functions: FunctionHost; options: LocalHostOptions }) {
  const { ports } = plan;
  const credentials = acceptedKeys(plan, config, deployment);
  const board = await startNoticeBoard(ports.webhook, options.onNotice ?? (() => undefined));
  closers.push(() => board.close());
  const api = await startFcApi({ host: functions, port: ports.fcApi, credentials });
  closers.push(() => api.close());
  const oss = await startOss<FunctionEventRule>({
    root: plan.directories.ossRoot,
    port: ports.oss,
    region: plan.region,
    credentials,
    rules: deployment.events,
    onEvent: async ({ functionName }, event) => void (await functions.invokeAsync(functionName, event).catch(() => undefined)),
  });
  closers.push(() => oss.close());
  const { authType, ...http } = deployment.http;
  const door = await startHttpTrigger({
    host: functions,
    ...http,
    port: ports.http,
    signedWith: authType === "function" ? credentials : undefined,
  });
  closers.push(() => door.close());
  const s3 = await startS3({ root: plan.directories.s3Root, port: ports.s3, ...plan.s3, onNote: options.onNote ?? (() => undefined) });
  closers.push(() => s3.close());
  return { oss, board, httpUrl: door.url };
}

/** Starts both concurrently; if one fails, the other is registered for stopping. */
export async function startClusters({
  plan,
  closers,
  onNote,
}: Starting & { onNote(text: string): void }): Promise<[ElasticsearchServer, ElasticsearchServer]> {
  const { directories, ports, versions } = plan;
  const starting = [
    startElasticsearch({
      version: versions.source,
      name: "source",
      httpPort: ports.source.http,
      transportPort: ports.source.transport,
      runDirectory: directories.source,
      repoDirectories: [directories.sourceRepository],
      onNote,
    }),
    startElasticsearch({
      version: versions.target,
      name: "target",
      httpPort: ports.target.http,
      transportPort: ports.target.transport,
      runDirectory: directories.target,
      repoDirectories: [directories.targetRepository],
      onNote,
    }),
  ] as const;
  const outcomes = await Promise.allSettled(starting);
  for (const outcome of outcomes) if (outcome.status === "fulfilled") closers.push(() => outcome.value.stop());
  const [source, target] = outcomes;
  if (source.status === "rejected") throw source.reason;
  if (target.status === "rejected") throw target.reason;
  return [source.value, target.value];
}
