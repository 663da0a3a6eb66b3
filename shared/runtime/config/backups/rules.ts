import type { Place } from "../../../model/config.ts";
import { encodedDateMath, resolveDateMath } from "../../../plan/backup/dateMath.ts";
import { overlapOf, placeOf } from "../../../repository/place.ts";
import { asPlace, asRegistration } from "../reading.ts";
import { asSection, asText, at, type Finding, finding } from "../tree.ts";

/** The server takes 1024 bytes (measured on 7.10 and 8.17), and ossnap adds who asked for what and why. */
const METADATA_BYTES_MAX = 400;

/** Faults of what a policy's snapshots contain. */
export function checkContents(tree: unknown, name: string): Finding[] {
  const path = ["backups", name];
  return [
    ...dateMathFaults(tree, name),
    ...metadataFaults(at(tree, [...path, "metadata"]), name),
    ...verifyFaults(tree, name),
    ...targetFaults(tree, name),
  ];
}

/** What is proven is read from the bucket. */
function verifyFaults(tree: unknown, name: string): Finding[] {
  const path = ["backups", name, "verify"];
  const verify = at(tree, path);
  const budget = at(verify, ["budget"]);
  const needless =
    budget !== undefined && at(verify, ["level"]) !== "contents"
      ? [
          finding(
            [...path, "budget"],
            "budgetUnused",
            "a budget, and only level contents reads data",
            "write level: contents, or leave it out",
          ),
        ]
      : [];
  const repository = asText(at(tree, ["backups", name, "repository"])) ?? "";
  if (verify === undefined || at(tree, ["repositories", repository]) === undefined || placeOfRepository(tree, repository)) return needless;
  const wrong = "nothing says where the repository's blobs are";
  return [...needless, finding(path, "verifyNoPlace", wrong, `add repositories.${repository}.blobs`)];
}

function placeOfRepository(tree: unknown, repository: string): Place | undefined {
  const entry = at(tree, ["repositories", repository]);
  const registration = asRegistration(at(entry, ["register"]));
  return asPlace(at(entry, ["blobs"])) ?? (registration && placeOf(registration));
}

/** A cluster that writes where a tool copies to destroys the copy: a subset of a repository from 7.6 on breaks with the next snapshot. */
function targetFaults(tree: unknown, name: string): Finding[] {
  const repository = asText(at(tree, ["backups", name, "repository"])) ?? "";
  const place = placeOfRepository(tree, repository);
  const watches = Object.keys(asSection(at(tree, ["watches"])));
  const found = watches.find((watch) => {
    const copied = asPlace(at(tree, ["watches", watch, "blobs"]));
    return place !== undefined && copied !== undefined && overlapOf(place, copied) !== undefined;
  });
  if (found === undefined) return [];
  const wrong = `a repository at, above or below watches.${found}.blobs, where a tool writes a copy`;
  return [finding(["backups", name, "repository"], "backupIntoCopy", wrong, "name a repository with a base path of its own")];
}

/** Any time will do: whether date math can be read does not depend on it. */
function dateMathFaults(tree: unknown, name: string): Finding[] {
  const indices = at(tree, ["backups", name, "indices"]);
  if (!Array.isArray(indices)) return [];
  return indices.flatMap((one: unknown, index) => {
    const decoded = encodedDateMath(asText(one) ?? "");
    if (decoded !== undefined) {
      const wrong = "percent-encoded date math, which only URLs have";
      return [finding(["backups", name, "indices", index], "dateMath", wrong, `write ${decoded}`)];
    }
    const resolved = resolveDateMath(asText(one) ?? "", new Date(0));
    if (!("fault" in resolved)) return [];
    const fix = "write it as in <logs-{now-1d/d{yyyy.MM.dd|+08:00}}>";
    return [finding(["backups", name, "indices", index], "dateMath", `cannot be resolved: ${resolved.fault.params.message}`, fix)];
  });
}

function metadataFaults(metadata: unknown, name: string): Finding[] {
  if (metadata === undefined) return [];
  const path = ["backups", name, "metadata"];
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  return [
    ...("ossnap" in asSection(metadata)
      ? [finding([...path, "ossnap"], "metadataName", "the key under which ossnap stores who took the snapshot", "write another key")]
      : []),
    ...(bytes > METADATA_BYTES_MAX
      ? [
          finding(
            path,
            "metadataLong",
            `${bytes} bytes as JSON`,
            `write at most ${METADATA_BYTES_MAX}; the server takes 1024 with ossnap's own`,
          ),
        ]
      : []),
  ];
}
