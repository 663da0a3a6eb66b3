import type { Place, Registration } from "../../model/config.ts";
import { isRepositoryType } from "../../repository/settings/settingKeys.ts";
import type { SettingValue } from "../../repository/settings/settings.ts";
import { hasPlaceholder } from "./environment.ts";
import { asSection, asText } from "./tree.ts";

/** A place as far as it can be read; the state uses `prefix` instead of `basePath` and defaults to OSS. */
export function asPlace(value: unknown): Place | undefined {
  const section = asSection(value);
  const bucket = asText(section.bucket);
  const store = section.store ?? "oss";
  if (bucket === undefined || (store !== "oss" && store !== "s3" && store !== "directory")) return undefined;
  return {
    store,
    bucket,
    basePath: asText(section.basePath) ?? asText(section.prefix) ?? "",
    endpoint: asText(section.endpoint),
    region: asText(section.region),
    accessKeyId: asText(section.accessKeyId),
    secretAccessKey: asText(section.secretAccessKey),
    sessionToken: asText(section.sessionToken),
  };
}

/** A registration as far as it can be read. */
export function asRegistration(value: unknown): Registration | undefined {
  const section = asSection(value);
  const type = section.type;
  if (!isRepositoryType(type)) return undefined;
  return { type, settings: Object.fromEntries(flat(asSection(section.settings)).filter(isSetting)) };
}

/** Nested settings under the names that Elasticsearch gives them; that they are nested is a finding of its own. */
function flat(settings: Readonly<Record<string, unknown>>, prefix = ""): [string, unknown][] {
  return Object.entries(settings).flatMap(([name, value]): [string, unknown][] => {
    const inner = Object.entries(asSection(value));
    return inner.length === 0 ? [[prefix + name, value]] : flat(asSection(value), `${prefix}${name}.`);
  });
}

function isSetting(entry: [string, unknown]): entry is [string, SettingValue] {
  return asText(entry[1]) !== undefined || typeof entry[1] === "number" || typeof entry[1] === "boolean";
}

/** An http URL of another machine. */
export function isPlainRemote(url: unknown): boolean {
  const text = asText(url);
  if (text === undefined || hasPlaceholder(text) || !URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "http:" && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
