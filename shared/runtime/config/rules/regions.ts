import { parseEndpoint } from "../../../repository/endpoint.ts";
import { hasPlaceholder } from "../environment.ts";
import { asPlace } from "../reading.ts";
import { asSection, at, type Finding, finding, type Segments } from "../tree.ts";

const PLACES = [
  ["watches", "blobs"],
  ["copies", "to"],
  ["repositories", "blobs"],
] as const;

/** The functions run in the state's region, so an internal address of another region is out of their reach. */
export function checkRegions(tree: unknown): Finding[] {
  const here = regionOf(tree, ["state"]);
  if (here === undefined) return [];
  return PLACES.flatMap(([section, key]) =>
    Object.keys(asSection(at(tree, [section]))).map((name) => [section, name, key] as const),
  ).flatMap((segments) => {
    const endpoint = endpointOf(tree, segments);
    if (endpoint?.network !== "internal" || endpoint.region === here) return [];
    const wrong = `internal to ${endpoint.region}, and the functions run in the state's region, ${here}`;
    return [finding([...segments, "endpoint"], "regionInternal", wrong, "write the public endpoint, or auto")];
  });
}

function endpointOf(tree: unknown, segments: Segments) {
  const place = asPlace(at(tree, segments));
  const isKnown = place?.store === "oss" && place.endpoint !== undefined && !hasPlaceholder(place.endpoint);
  return isKnown ? parseEndpoint(place.endpoint ?? "") : undefined;
}

function regionOf(tree: unknown, segments: Segments): string | undefined {
  const place = asPlace(at(tree, segments));
  if (place?.store !== "oss" || hasPlaceholder(place.region)) return undefined;
  return place.region ?? endpointOf(tree, segments)?.region;
}
