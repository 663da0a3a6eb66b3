import { reason } from "../../model/reason.ts";
import { type PreflightCheck, refuse, warn } from "../preflightTypes.ts";
import { isAtLeast } from "../versions.ts";

/** What a person asks for beside indices. */
export interface StatesAsked {
  globalState?: boolean | undefined;
  featureStates?: readonly string[] | undefined;
  dataStreams?: readonly string[] | undefined;
}

export interface StatesContext {
  repository: string;
  snapshot: string;
  cluster: string;
  targetVersion: string;
  /** A person accepts that what is replaced is lost. */
  loseOld?: boolean | undefined;
}

/** What the snapshot holds, and what is on the cluster; only a bucket that is read tells. */
export interface StatesSeen {
  /** Names; `undefined` if the snapshot has no global state, and `unreadable` if the blob with it, and with the data streams, is missing or damaged. */
  state: { settings: readonly string[]; templates: readonly string[]; pipelines: readonly string[] } | "unreadable" | undefined;
  /** By feature, its indices in the snapshot. */
  features: Readonly<Record<string, readonly string[]>>;
  /** Data streams of the snapshot. */
  streams: readonly string[];
  /** By data stream that is asked for, its name on the cluster. */
  names: ReadonlyMap<string, string>;
  /** The index that the request needs; `undefined` if the snapshot holds none that the target can restore. */
  carrier: string | undefined;
}

const NAMED_MAX = 5;

/** Of a bucket that only the cluster reads each is refused, with what it would do and the request that does it. */
export function stateChecks(asked: StatesAsked, context: StatesContext, seen: StatesSeen | undefined): PreflightCheck[] {
  const { globalState, featureStates, dataStreams } = asked;
  return [
    ...(globalState ? globalChecks(context, seen) : []),
    ...(featureStates ? featureChecks(featureStates, context, seen) : []),
    ...(globalState || featureStates ? carrierChecks(asked, context, seen) : []),
    ...(dataStreams ? streamChecks(dataStreams, context, seen) : []),
  ];
}

/**
 * Measured on 5.5.3, 7.10.2 and 8.17.0: it replaces all persistent settings, and adds the templates. Of pipelines 8.17.0 replaces all, and the
 * others do if the snapshot holds any. Of a snapshot without a global state, 5.5.3 and 7.10.2 answer 200 and remove all persistent settings; 8.17.0 refuses it.
 */
function globalChecks({ cluster, snapshot, loseOld }: StatesContext, seen: StatesSeen | undefined): PreflightCheck[] {
  if (!seen) return [];
  const { state } = seen;
  if (state === "unreadable") return [unreadable(snapshot)];
  if (!state) return [refuse("state", reason("state.noGlobal", { snapshot, cluster }), reason("wayOut.withGlobal"))];
  const { settings, templates, pipelines } = state;
  const counts = { settings: settings.length, templates: templates.length, pipelines: pipelines.length };
  const why = reason("state.global", { cluster, ...counts, names: [...settings, ...templates, ...pipelines].slice(0, NAMED_MAX) });
  return [loseOld ? warn("state", why) : refuse("state", why, reason("wayOut.loseState"))];
}

/** Measured on 8.17.0, where the index of the feature `tasks` had another uuid afterwards; 7.10.2 refuses the parameter. */
function featureChecks(
  asked: readonly string[],
  { targetVersion, cluster, snapshot }: StatesContext,
  seen: StatesSeen | undefined,
): PreflightCheck[] {
  if (!hasFeatures(targetVersion))
    return [refuse("state", reason("state.noFeatures", { cluster, version: targetVersion }), reason("wayOut.noStates"))];
  if (!seen) return [];
  const held = Object.keys(seen.features);
  const absent = asked.filter((name) => !held.includes(name));
  if (absent.length > 0)
    return [refuse("state", reason("state.featuresAbsent", { features: absent, snapshot, held }), reason("wayOut.noStates"))];
  // What it replaces is told index by index, beside the names.
  return [];
}

/** The index by which the request shows on the cluster. */
function carrierChecks(
  { globalState, featureStates }: StatesAsked,
  context: StatesContext,
  seen: StatesSeen | undefined,
): PreflightCheck[] {
  const { repository, snapshot, cluster, targetVersion } = context;
  if (seen?.carrier !== undefined || seen?.state === "unreadable") return [];
  if (featureStates && !hasFeatures(targetVersion)) return [];
  const features = hasFeatures(targetVersion) ? { feature_states: featureStates ?? ["none"] } : {};
  const body = { indices: "-*", include_global_state: globalState === true, ...features };
  const why = seen ? reason("state.noCarrier", { snapshot, cluster }) : reason("state.unread", { repository });
  return [refuse("state", why, reason("wayOut.states", { repository, snapshot, body: JSON.stringify(body) }))];
}

/** Measured on 8.17.0: without a template that matches it, the stream takes documents and does not roll over. */
function streamChecks(asked: readonly string[], context: StatesContext, seen: StatesSeen | undefined): PreflightCheck[] {
  const { targetVersion, cluster, repository, snapshot } = context;
  if (!isAtLeast(targetVersion, "7.9.0"))
    return [refuse("state", reason("state.noStreams", { cluster, version: targetVersion }), reason("wayOut.noStates"))];
  if (!seen) {
    const body = { indices: asked.join(","), include_global_state: false, include_aliases: false };
    return [
      refuse(
        "state",
        reason("state.unread", { repository }),
        reason("wayOut.states", { repository, snapshot, body: JSON.stringify(body) }),
      ),
    ];
  }
  if (seen.state === "unreadable") return [unreadable(snapshot)];
  const absent = asked.filter((stream) => !seen.streams.includes(stream));
  if (absent.length > 0)
    return [
      refuse(
        "state",
        reason("state.streamsAbsent", { streams: absent, snapshot, held: seen.streams.slice(0, NAMED_MAX) }),
        reason("wayOut.noStates"),
      ),
    ];
  return asked.map((stream) => {
    const as = seen.names.get(stream) ?? stream;
    return warn("state", reason("state.stream", { stream, as }));
  });
}

function unreadable(snapshot: string): PreflightCheck {
  return refuse("state", reason("state.unreadable", { snapshot }), reason("wayOut.otherSnapshot"));
}

function hasFeatures(version: string): boolean {
  return isAtLeast(version, "7.12.0");
}
