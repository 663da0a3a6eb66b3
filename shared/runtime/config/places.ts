import type { Place } from "../../model/config.ts";
import { basePathProblems } from "../../repository/basePath.ts";
import { checkEndpoint, parseEndpoint } from "../../repository/endpoint.ts";
import { overlapOf, placeOf, type Written, writersMeet, writeSamePlace, writesIntoIndices } from "../../repository/place.ts";
import { clusterIdOf } from "./clusters.ts";
import { hasPlaceholder } from "./environment.ts";
import { asPlace, asRegistration } from "./reading.ts";
import { asSection, at, type Finding, finding, findingOf, type Segments } from "./tree.ts";

interface Located {
  segments: Segments;
  place: Place;
}

/** Checks every place of the configuration on its own and for overlaps with the others. */
export function checkPlaces(tree: unknown): Finding[] {
  const state = located(tree, ["state"]);
  const watches = eachOf(tree, "watches", "blobs");
  const copies = eachOf(tree, "copies", "to");
  const blobs = eachOf(tree, "repositories", "blobs");
  return [
    ...[...state, ...watches, ...copies, ...blobs].flatMap(checkPlace),
    ...watches.flatMap((watch, index) =>
      watches.slice(index + 1).flatMap((later) => clash(later, watch, "watchOverlap", "overlaps another watch")),
    ),
    ...copies.flatMap((copy, index) =>
      copies.slice(index + 1).flatMap((later) => clash(later, copy, "copyOverlap", "overlaps another copy's destination")),
    ),
    ...state.flatMap((own) =>
      watches.flatMap((watch) => clash(own, watch, "stateWatched", "overlaps a watch, which would see the state's own writes")),
    ),
    ...state.flatMap((own) =>
      [...registeredPlaces(tree), ...mountedPlaces(tree)].flatMap((repository) =>
        clash(own, repository, "stateInRepository", "overlaps a repository's blobs"),
      ),
    ),
    ...copies.flatMap((copy) => state.flatMap((own) => clash(copy, own, "copyIntoState", "overlaps the state"))),
    ...checkWriters(tree),
    ...copies.flatMap((copy) => ontoItself(tree, copy)),
    ...copies.flatMap((copy) =>
      writtenPlaces(tree).flatMap((written) => clash(copy, written, "copyIntoWritten", "overlaps a repository that a cluster writes")),
    ),
  ];
}

/** Warnings about addresses for a caller in `callerRegion`: traffic charges and unreachable internal hosts. */
export function placeWarnings(tree: unknown, callerRegion: string): Finding[] {
  const all = [
    ...located(tree, ["state"]),
    ...eachOf(tree, "watches", "blobs"),
    ...eachOf(tree, "copies", "to"),
    ...eachOf(tree, "repositories", "blobs"),
  ];
  return all.flatMap(({ segments, place: { store, endpoint } }) => {
    if (store !== "oss" || endpoint === undefined || hasPlaceholder(endpoint)) return [];
    const { faults, warnings } = checkEndpoint({ path: "endpoint", endpoint, callerRegion });
    return [...faults, ...warnings].map((found) => findingOf(found, segments));
  });
}

/** One that a cluster writes is refused as any destination; a read-only one may be copied from, but not onto itself. */
function ontoItself(tree: unknown, copy: Located): Finding[] {
  const from = at(tree, [...copy.segments.slice(0, 2), "from"]);
  const source = registeredPlaces(tree).find(({ segments: [, name] }) => name === from && !isWritable(tree, String(name)));
  const isSame = source !== undefined && overlapOf(copy.place, source.place) === "same";
  return isSame ? clash(copy, source, "copyOntoSource", "nothing would be copied") : [];
}

function clash(one: Located, other: Located, code: string, wrong: string): Finding[] {
  const overlap = overlapOf(one.place, other.place);
  if (overlap === undefined) return [];
  const how = { same: "the same as", inside: "below", contains: "above" }[overlap];
  const theirs = other.segments.join(".");
  return [{ ...finding(one.segments, code, `${wrong}: it is ${how} ${theirs}`, "give it a prefix of its own"), params: { other: theirs } }];
}

function checkPlace({ segments, place }: Located): Finding[] {
  const path = segments[0] === "state" ? "prefix" : "basePath";
  const problems = basePathProblems(place.basePath).map(({ wrong, fix, reason }) => ({
    segments: [...segments, path],
    wrong,
    fix,
    code: reason.code,
  }));
  return [...problems, ...checkBucket(segments, place), ...checkAddress(segments, place), ...checkKeys(segments, place)];
}

const BUCKET_RULES = {
  oss: { pattern: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, fix: "write 3 to 63 lower-case letters, digits and -" },
  s3: { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/, fix: "write the bucket's name alone" },
  directory: { pattern: /^\/[^\0]+$/, fix: "write an absolute path, as in /srv/blobs" },
} as const;

function checkBucket(segments: Segments, { store, bucket }: Place): Finding[] {
  const { pattern, fix } = BUCKET_RULES[store];
  const wrong = store === "directory" ? "not an absolute path" : "not a bucket's name";
  return pattern.test(bucket) ? [] : [finding([...segments, "bucket"], "bucket", wrong, fix)];
}

function otherStore(segments: Segments, { store, endpoint, region }: Pick<Place, "store" | "endpoint" | "region">): Finding[] {
  const isRegion = region === undefined || /^[a-z0-9-]+$/.test(region);
  const host = endpoint === undefined ? undefined : parseEndpoint(endpoint)?.host;
  const isAmazon = store === "oss" && /(^|\.)amazonaws\.com(\.cn)?$/.test(host ?? "");
  return [
    ...(isRegion ? [] : [finding([...segments, "region"], "region", "not a region", "write its id, such as cn-hangzhou")]),
    ...(isAmazon ? [finding([...segments, "store"], "ossOnS3", "oss at an endpoint of Amazon S3", "write s3")] : []),
  ];
}

function checkAddress(segments: Segments, { store, endpoint, region }: Place): Finding[] {
  if (store === "directory" || hasPlaceholder(endpoint) || hasPlaceholder(region)) return [];
  // A region that is none cannot be proposed for both.
  const isHost = region?.startsWith("oss-") === true;
  const beside = isHost ? undefined : region;
  const findings =
    endpoint === undefined
      ? []
      : checkEndpoint({ path: "endpoint", endpoint, region: beside }).faults.map((found) => findingOf(found, segments));
  if (isHost) {
    const meant = parseEndpoint(`${region}.aliyuncs.com`)?.region;
    const fix = meant === undefined || meant.startsWith("oss-") ? "write the region, such as cn-hangzhou" : `write ${meant}`;
    findings.push(finding([...segments, "region"], "region", "an endpoint's name, not a region", fix));
  }
  if (findings.length === 0) findings.push(...otherStore(segments, { store, endpoint, region: beside }));
  // ossnap's S3 client uses the path style for every endpoint but Amazon's own.
  if (store === "s3" && endpoint !== undefined && parseEndpoint(endpoint)?.network !== "other" && parseEndpoint(endpoint) !== undefined)
    findings.push(finding([...segments, "store"], "s3OnOss", "s3 at an endpoint of OSS, which refuses the path style", "write oss"));
  const known = region ?? (endpoint === undefined ? undefined : parseEndpoint(endpoint)?.region);
  if (store === "oss" && known === undefined)
    findings.push(finding([...segments, "region"], "region", "missing", "add it: signatures name the region"));
  return findings;
}

/** Access keys of a role of Amazon's begin so, and are refused without their token. */
const TEMPORARY = /^ASIA/;

function checkKeys(segments: Segments, { store, accessKeyId, secretAccessKey, sessionToken }: Place): Finding[] {
  if (sessionToken !== undefined && accessKeyId === undefined)
    return [finding([...segments, "sessionToken"], "tokenAlone", "a token without its key", "add accessKeyId and secretAccessKey")];
  if (store === "s3" && sessionToken === undefined && TEMPORARY.test(accessKeyId ?? ""))
    return [finding([...segments, "accessKeyId"], "noToken", "a temporary key without its token", "add sessionToken")];
  if ((accessKeyId === undefined) === (secretAccessKey === undefined)) return [];
  const absent = accessKeyId === undefined ? "accessKeyId" : "secretAccessKey";
  return [finding([...segments, absent], "halfKey", "missing beside its other half", "add it, or leave out both")];
}

/** Repositories that a cluster may write to, which means not registered as readonly. */
function writtenPlaces(tree: unknown): Located[] {
  return registeredPlaces(tree).filter(({ segments: [, name = ""] }) => isWritable(tree, String(name)));
}

/** Where the repositories' blobs lie, as far as it is known. */
function registeredPlaces(tree: unknown): Located[] {
  return Object.keys(asSection(at(tree, ["repositories"]))).flatMap((name) => {
    const registration = asRegistration(at(tree, ["repositories", name, "register"]));
    const place = asPlace(at(tree, ["repositories", name, "blobs"])) ?? (registration && placeOf(registration));
    return place === undefined ? [] : [{ segments: ["repositories", name], place }];
  });
}

/** Repositories of type fs without `blobs`: a state in their folder is one where this machine mounts it at the same path as the cluster. */
function mountedPlaces(tree: unknown): Located[] {
  return Object.keys(asSection(at(tree, ["repositories"]))).flatMap((name) => {
    const registration = asRegistration(at(tree, ["repositories", name, "register"]));
    const location = registration?.type === "fs" ? registration.settings.location : undefined;
    const isKnown = asPlace(at(tree, ["repositories", name, "blobs"])) !== undefined;
    if (isKnown || typeof location !== "string" || !location.startsWith("/")) return [];
    return [{ segments: ["repositories", name], place: { store: "directory", bucket: location, basePath: "" } }];
  });
}

function isWritable(tree: unknown, name: string): boolean {
  const registration = asRegistration(at(tree, ["repositories", name, "register"]));
  return registration !== undefined && String(registration.settings.readonly) !== "true";
}

type Writer = Written & { name: string };

/** Every repository that its cluster may write to, as registered. */
function writersOf(tree: unknown): Writer[] {
  return Object.keys(asSection(at(tree, ["repositories"]))).flatMap((name) => {
    const registration = asRegistration(at(tree, ["repositories", name, "register"]));
    if (registration === undefined || !isWritable(tree, name)) return [];
    const cluster = clusterIdOf(tree, at(tree, ["repositories", name, "cluster"])) ?? "";
    return [{ name, cluster, registration, blobs: asPlace(at(tree, ["repositories", name, "blobs"])) }];
  });
}

/** Writers that do not destroy each other by themselves, but would if a person moved or emptied one, or if both mount one file system. */
export function writerWarnings(tree: unknown): Finding[] {
  const writers = writersOf(tree);
  return writers.flatMap((own, count) => {
    const earlier = writers.slice(0, count).filter((one) => !writeSamePlace(one, own) && !writesIntoIndices(one, own));
    const met = earlier.find((one) => writersMeet(one, own) !== undefined);
    if (met === undefined) return [];
    const isNested = writersMeet(met, own) === "nested";
    const wrong = isNested
      ? `lies below or above repositories.${met.name}, which is writable too: whoever empties or copies the outer one takes both`
      : `has the location of repositories.${met.name} on another cluster: one place, if both mount the same file system`;
    const fix = isNested ? "give it a place of its own" : "give it another location, or add blobs to both if they are different places";
    return [
      {
        ...finding(["repositories", own.name, "register"], isNested ? "nestedWriters" : "samePath", wrong, fix),
        params: { other: met.name },
      },
    ];
  });
}

/** Each of two writers would take the other's generations for damage, and delete blobs that the other needs. */
function checkWriters(tree: unknown): Finding[] {
  const seen: Writer[] = [];
  return writersOf(tree).flatMap((own) => {
    const { name } = own;
    const other = seen.find((earlier) => writeSamePlace(earlier, own))?.name;
    const nested = seen.find((earlier) => writesIntoIndices(earlier, own))?.name;
    seen.push(own);
    if (other === undefined) return nested === undefined ? [] : [nestedWriter(name, nested)];
    const wrong = `writes the place of repositories.${other}, which is writable too`;
    const fix = "give it a place of its own, or add readonly: true to the settings of the one that only reads";
    return [{ ...finding(["repositories", name, "register"], "twoWriters", wrong, fix), params: { other } }];
  });
}

function nestedWriter(name: string, other: string): Finding {
  const wrong = `writes into the folder "indices" of repositories.${other}, or that one into its own, where each deletion removes what is unknown`;
  return { ...finding(["repositories", name, "register"], "writerInIndices", wrong, "give it a place of its own"), params: { other } };
}

function eachOf(tree: unknown, section: string, key: string): Located[] {
  return Object.keys(asSection(at(tree, [section]))).flatMap((name) => located(tree, [section, name, key]));
}

function located(tree: unknown, segments: Segments): Located[] {
  const place = asPlace(at(tree, segments));
  return place === undefined ? [] : [{ segments, place }];
}
