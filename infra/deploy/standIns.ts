import { createHash } from "node:crypto";
import { rootCertificates } from "node:tls";
import { readSource } from "../../shared/runtime/config/source.ts";
import { mapTexts } from "../../shared/runtime/config/tree.ts";

/** `${NAME}`, and `${kms:NAME}` for a secret of KMS. */
const PLACEHOLDER = /\$\{((?:kms:[A-Za-z0-9_/+=.@-]{1,192})|[A-Za-z_]\w*)\}/g;

/** Whether a name of {@link standInsFor} is one of a variable; the others are secrets of KMS. */
export function isVariableName(name: string): boolean {
  return !name.startsWith("kms:");
}

/** A value for every `${NAME}` and `${kms:NAME}` of an ossnap.yaml, so that it can be checked or run without its secrets. */
export function standInsFor(configText: string, url?: string): Record<string, string> {
  const values: Record<string, string> = {};
  mapTexts(readSource(configText).source?.tree, (text, segments) => {
    for (const [whole, name = ""] of text.matchAll(PLACEHOLDER)) {
      values[name] = standInFor(segments.slice(-2).join("."), whole === text, { name, url });
    }
    return text;
  });
  return values;
}

/** One value per variable: two clusters at one address are warned about, two repositories at one location or two tokens with one hash rejected. */
function standInFor(path: string, isWhole: boolean, { name, url }: { name: string; url: string | undefined }): string {
  const key = path.replace(/^.*\./, "");
  const unset = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.unset`;
  if (key === "sha256") return createHash("sha256").update(name).digest("hex");
  if (key === "fingerprint") return "0".repeat(64);
  if (path === "aws.region") return "us-east-1";
  // Any certificate will do; a path would have to exist.
  if (key === "ca") return rootCertificates[0] ?? "";
  return isWhole && (key === "url" || key === "endpoint") ? (url ?? `https://${unset}.invalid`) : unset;
}
