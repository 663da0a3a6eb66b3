import { AMAZON_AUTOMATIC, isAmazonAutomatic, isAmazonReserved } from "../../../model/amazon/automatic.ts";
import type { Registration } from "../../../model/config.ts";
import { writtenType } from "../../../repository/settings/settings.ts";
import { asRegistration } from "../reading.ts";
import { asSection, asText, at, type Finding, finding, type Segments } from "../tree.ts";

const OWN_BUCKET = "use a repository of type s3 in a bucket of your own, see docs/moving.md";

/** What Amazon's managed service would refuse of a registration, and its own repositories, which nobody else can read. */
export function checkAmazonRegistrations(tree: unknown): Finding[] {
  const automatic = Object.keys(asSection(at(tree, ["repositories"]))).filter(isAmazonAutomatic);
  return [
    ...automatic.map((name) => finding(["repositories", name], "amazonAutomatic", AMAZON_AUTOMATIC, OWN_BUCKET)),
    ...registrationsOf(tree).flatMap(({ segments, name, registration }) =>
      isAmazonAutomatic(name) ? [] : checkOne(segments, name, registration),
    ),
  ];
}

/** A name that refers to one of Amazon's own repositories, whether or not there is such an entry. */
export function automaticReference(segments: Segments): Finding {
  return finding(segments, "amazonAutomatic", AMAZON_AUTOMATIC, OWN_BUCKET);
}

interface OnAmazon {
  segments: Segments;
  name: string;
  registration: Registration;
}

function registrationsOf(tree: unknown): OnAmazon[] {
  return ["repositories", "watches"].flatMap((section) =>
    Object.keys(asSection(at(tree, [section]))).flatMap((entry) => {
      const cluster = asText(at(tree, [section, entry, "cluster"])) ?? "";
      const registration = asRegistration(at(tree, [section, entry, "register"]));
      if (registration === undefined || at(tree, ["clusters", cluster, "aws"]) === undefined) return [];
      const name = section === "watches" ? (asText(at(tree, [section, entry, "register", "name"])) ?? "") : entry;
      return [{ segments: [section, entry, "register"], name, registration }];
    }),
  );
}

function checkOne(segments: Segments, name: string, { type, settings }: Registration): Finding[] {
  if (writtenType(type, settings) !== "s3")
    return [finding([...segments, "type"], "amazonType", "not s3, the only type that Amazon's service registers", "write s3")];
  const named = segments[0] === "watches" ? [...segments, "name"] : segments.slice(0, -1);
  return [
    ...(isAmazonReserved(name)
      ? [finding(named, "amazonName", "a name that begins with cs-, which Amazon keeps for itself", "choose another")]
      : []),
    ...(settings.role_arn === undefined
      ? [
          finding(
            [...segments, "settings", "role_arn"],
            "amazonRole",
            "missing, and Amazon's service refuses a registration without it",
            "name the role that may use the bucket, see docs/moving.md",
          ),
        ]
      : []),
  ];
}

/** https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-snapshot-registerdirectory.html */
export function amazonWarnings(tree: unknown): Finding[] {
  return registrationsOf(tree).flatMap(({ segments, registration: { settings } }) => {
    const path = [...segments, "settings"];
    if (settings.region === undefined && settings.endpoint === undefined)
      return [
        finding(
          [...path, "region"],
          "amazonNoRegion",
          "missing, and so is endpoint",
          "add the region of the bucket, in us-east-1 endpoint: s3.amazonaws.com",
        ),
      ];
    if (settings.region !== "us-east-1" || settings.endpoint !== undefined) return [];
    return [
      finding(
        [...path, "region"],
        "amazonUsEast1",
        "refused for a bucket in us-east-1 by some domains",
        "write endpoint: s3.amazonaws.com in its place",
      ),
    ];
  });
}
