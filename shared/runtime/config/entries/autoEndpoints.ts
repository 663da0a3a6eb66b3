import { ossEndpoint } from "../../../repository/endpoint.ts";
import { hasPlaceholder } from "../environment.ts";
import { asSection, asText, type Finding, finding, type Segments } from "../tree.ts";

/** The value of `endpoint` that stands for OSS's own address of the place's region. */
const AUTO = "auto";
/** Where entries have places, and below which key. */
const PLACES = { watches: "blobs", copies: "to", repositories: "blobs" } as const;

/**
 * The tree with an address in place of every `endpoint: auto`: the internal one of the place's region for a function of that region, the
 * public one for every other caller. Without a region the endpoint is left out, and the missing region is what is reported.
 * @param callerRegion where the caller runs, if that is Function Compute.
 */
export function withEndpoints(tree: unknown, callerRegion: string | undefined): { tree: unknown; findings: Finding[] } {
  const findings: Finding[] = [];
  const resolved = (value: unknown, segments: Segments): unknown => {
    const { endpoint, ...place } = asSection(value);
    if (endpoint !== AUTO) return value;
    const store = place.store ?? "oss";
    if (store !== "oss") {
      const fix = "write its address, or leave it out";
      findings.push(finding([...segments, "endpoint"], "autoStore", "auto, which is for store oss", fix));
    }
    const region = asText(place.region);
    if (store !== "oss" || region === undefined || hasPlaceholder(region)) return place;
    return { ...place, endpoint: ossEndpoint(region, { internal: region === callerRegion }) };
  };
  const top = asSection(tree);
  const sections = Object.entries(PLACES).flatMap(([section, key]) => {
    const entries = Object.entries(asSection(top[section]));
    const isPlace = (entry: unknown) => asSection(asSection(entry)[key]).endpoint === AUTO;
    if (!entries.some(([, entry]) => isPlace(entry))) return [];
    const mapped = entries.map(([name, entry]) => {
      const own = asSection(entry);
      return [name, isPlace(entry) ? { ...own, [key]: resolved(own[key], [section, name, key]) } : entry] as const;
    });
    return [[section, Object.fromEntries(mapped)] as const];
  });
  const state = resolved(top.state, ["state"]);
  if (sections.length === 0 && state === top.state) return { tree, findings };
  return { tree: { ...top, ...(state === undefined ? {} : { state }), ...Object.fromEntries(sections) }, findings };
}
