import * as z from "zod";
import type { Cluster } from "../../model/cluster.ts";
import { changeState } from "./acknowledged.ts";
import type { ElasticsearchClient } from "./client.ts";
import { requireExactName } from "./names.ts";
import { flattenSettings, isSecretSetting } from "./settings.ts";

const repositoriesAnswer = z.record(z.string(), z.object({ type: z.string(), settings: z.unknown().optional() }));
const verificationAnswer = z.object({ nodes: z.record(z.string(), z.unknown()) });

/** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/snapshot-restore-apis.html */
export function repositoryCalls(client: ElasticsearchClient): Pick<Cluster, "listRepositories" | "putRepository" | "verifyRepository"> {
  return {
    async listRepositories() {
      const answer = await client.request(repositoriesAnswer, { subject: "repositories", method: "GET", path: ["_snapshot"] });
      return Object.entries(answer).map(([name, { type, settings }]) => {
        const flat = flattenSettings(settings);
        const shownSecrets = Object.keys(flat).filter((key) => isSecretSetting(key) && isClear(flat[key] ?? ""));
        return { name, type, settings: withoutSecrets(flat), ...(shownSecrets.length > 0 && { shownSecrets }) };
      });
    },

    async putRepository({ name, type, settings }, { verify }) {
      requireExactName("repository", name);
      const secrets = Object.entries(settings).flatMap(([key, value]) => (isSecretSetting(key) ? [String(value)] : []));
      await changeState(client, {
        subject: `repository ${name}`,
        method: "PUT",
        path: ["_snapshot", name],
        query: { verify },
        body: { type, settings },
        secrets,
      });
    },

    async verifyRepository(name) {
      requireExactName("repository", name);
      const answer = await client.request(verificationAnswer, {
        subject: `repository ${name}`,
        method: "POST",
        path: ["_snapshot", name, "_verify"],
      });
      return { nodes: Object.keys(answer.nodes).length };
    },
  };
}

/** A masked value shows nothing. */
function isClear(value: string): boolean {
  return !/^[*x•]*$/i.test(value);
}

function withoutSecrets(settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !isSecretSetting(key)));
}
