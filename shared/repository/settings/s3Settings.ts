import { type Fault, fault, type Warning } from "../fault.ts";

type Settings = Readonly<Record<string, string | number | boolean>>;

/** What no S3 client of Elasticsearch can use: classes that are not readable at once, and the path style on OSS. */
export function s3Faults({ storage_class, path_style_access, endpoint, canned_acl, protocol }: Settings): Fault[] {
  const faults = oneOf({ storage_class, canned_acl, protocol });
  if (String(path_style_access) === "true" && isOnOss(endpoint))
    faults.push(fault("settings.path_style_access", "settings.pathStyle", "OSS refuses the path style", "remove it", { value: "true" }));
  return faults;
}

/** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/repository-s3.html */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  canned_acl: [
    ...["private", "public-read", "public-read-write", "authenticated-read", "log-delivery-write"],
    ...["bucket-owner-read", "bucket-owner-full-control"],
  ],
  protocol: ["http", "https"],
  // A restore cannot read the archive classes.
  storage_class: ["standard", "reduced_redundancy", "standard_ia", "onezone_ia", "intelligent_tiering"],
};

function oneOf(settings: Readonly<Record<string, Settings[string] | undefined>>): Fault[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const choices = CHOICES[key] ?? [];
    if (value === undefined || choices.includes(String(value).toLowerCase())) return [];
    const fix = `write one of ${choices.join(", ")}`;
    return [
      fault(`settings.${key}`, "settings.choice", "not a value that Elasticsearch accepts", fix, { value: String(value), params: { key } }),
    ];
  });
}

/**
 * What the S3 client of newer versions sends and OSS refuses: from 8.19 and 9.1 on bodies in chunks, from 9.2 on conditional writes, with a
 * setting against each that only some of these versions know. Without a version nothing is known.
 */
export function s3OnOssWarnings(settings: Settings, version: string | undefined): Warning[] {
  const known = readVersion(version);
  if (known === undefined || !isOnOss(settings.endpoint)) return [];
  const isSet = (key: string) => String(settings[key]) === "true";
  const from = (...wanted: Version) => compareVersions(known, wanted) >= 0;
  const value = String(settings.endpoint);
  const warnings: Warning[] = [];
  const isChunked = known[0] === 8 ? from(8, 19, 0) : from(9, 1, 0);
  if (isChunked && !(from(9, 3, 0) && isSet("disable_chunked_encoding"))) {
    const fix = from(9, 3, 0) ? "add disable_chunked_encoding: true, or use type oss" : "use type oss, or Elasticsearch 9.3 or later";
    warnings.push(fault("settings.endpoint", "settings.s3Chunked", `OSS refuses the chunked bodies that ${version} sends`, fix, { value }));
  }
  const [setting, isKnown] = ["unsafely_incompatible_with_s3_conditional_writes", from(9, 2, 3)];
  if (from(9, 2, 0) && !(isKnown && isSet(setting))) {
    const fix = isKnown ? `add ${setting}: true, or use type oss` : "use type oss, or Elasticsearch 9.2.3 or later";
    warnings.push(fault("settings.endpoint", "settings.s3Conditional", `OSS refuses the conditional writes of ${version}`, fix, { value }));
  }
  return warnings;
}

type Version = [major: number, minor: number, patch: number];

function readVersion(text: string | undefined): Version | undefined {
  const [, major, minor, patch = "0"] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text ?? "") ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

function compareVersions(one: Version, other: Version): number {
  return one.map((part, index) => part - (other[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

function isOnOss(endpoint: string | number | boolean | undefined): boolean {
  return /\baliyuncs\.com\b/i.test(String(endpoint ?? ""));
}
