import { join } from "node:path";
import { isRecord } from "./domainRules.ts";

type Settings = Record<string, unknown>;

/** What BlobStoreRepository itself reads; everything else is about S3. */
const OF_EVERY_TYPE = ["compress", "chunk_size", "readonly", "max_snapshot_bytes_per_sec", "max_restore_bytes_per_sec"];

/**
 * The server here has no role and no S3 client, so it writes a registration's bucket as a directory below `root`, which rclone serves as that
 * very bucket. The settings as given are kept and shown again.
 */
export function s3AsDirectory(root: string) {
  const given = new Map<string, Settings>();
  return {
    /** The registration to send on. */
    translated(name: string, body: unknown): unknown {
      if (!isRecord(body) || !isRecord(body.settings)) return body;
      const { settings } = body;
      given.set(name, settings);
      const kept = Object.entries(settings).filter(([key]) => OF_EVERY_TYPE.includes(key));
      const location = join(root, String(settings.bucket ?? ""), String(settings.base_path ?? ""));
      return { type: "fs", settings: { ...Object.fromEntries(kept), location } };
    },
    /** An answer about repositories, with the registrations as they were given. */
    shown(answer: unknown): unknown {
      if (!isRecord(answer)) return answer;
      const entries = Object.entries(answer).map(([name, entry]) => {
        const settings = given.get(name);
        return [name, settings === undefined || !isRecord(entry) ? entry : { type: "s3", settings: asTexts(settings) }] as const;
      });
      return Object.fromEntries(entries);
    },
  };
}

/** Elasticsearch shows every value as a text. */
function asTexts(settings: Settings): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
}
