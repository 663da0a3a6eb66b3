import { parseDocument, stringify } from "yaml";
import type { Config, Place } from "../../shared/model/config.ts";
import { triggersFor } from "../deploy/timersFor.ts";

type Section = Record<string, unknown>;

/** The index that is taken and restored, and the alias behind which the restored one serves. */
export const INDEX = "ossnap-accept";
export const ALIAS = "ossnap-accept-moved";

/** Of repositories as the clusters know them; that of the entry in ossnap.yaml too. */
export const NAMES = { written: "ossnap-accept-written", copied: "ossnap-accept-copied" } as const;
/** Of the other entries. */
export const ENTRIES = { backup: "accept", copy: "move", watch: "copied" } as const;

/** Where the acceptance runs: everything that it writes on a store lies below one prefix. Values may be `${NAME}`s. */
export interface Site {
  deployment?: string | undefined;
  vpc?: Config["vpc"];
  state: Section;
  /** The cluster that takes the snapshot, and the one that restores it, which may be the same. */
  clusters: { source: Section; target: Section };
  /** The repository that the source writes. */
  written: { register: Section; blobs: Section };
  /** Where the copy goes, and how the target reads it. */
  copied: { blobs: Section; register: Section };
}

/** One policy, one copy of what it takes, and one watch that restores what was copied. The schedule is one that nobody waits for. */
export function configText({ deployment, vpc, state, clusters, written, copied }: Site): string {
  const isOne = clusters.source === clusters.target;
  const target = isOne ? "source" : "target";
  return stringify(
    {
      version: 1,
      ...(deployment === undefined ? {} : { deployment }),
      ...(vpc === undefined ? {} : { vpc }),
      state,
      clusters: isOne ? { source: clusters.source } : clusters,
      repositories: {
        [NAMES.written]: { cluster: "source", register: written.register, blobs: written.blobs },
      },
      backups: {
        [ENTRIES.backup]: {
          repository: NAMES.written,
          indices: [INDEX],
          schedule: { cron: "0 0 0 1 1 *", timeZone: "UTC", missed: "skip" },
          keep: { last: 9 },
        },
      },
      copies: { [ENTRIES.copy]: { from: NAMES.written, to: copied.blobs, snapshots: "latest" } },
      watches: {
        [ENTRIES.watch]: {
          blobs: copied.blobs,
          cluster: target,
          register: { name: NAMES.copied, ...copied.register },
          restore: { indices: [INDEX], alias: ALIAS, which: "latest", replicas: 0 },
        },
      },
      http: { tokens: [{ name: "accept", role: "operator", sha256: variable("OPERATOR_TOKEN_SHA256") }] },
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

/** All that the acceptance writes to, the state last. */
export function placesOf({ repositories, copies, state }: Config): Place[] {
  const written = repositories[NAMES.written]?.blobs;
  return [...(written === undefined ? [] : [written]), ...Object.values(copies).map(({ to }) => to), state];
}

/** `${NAME}` */
export function variable(name: string): string {
  return `\${${name}}`;
}

/** The shipped s.yaml with this configuration's triggers and variables, in this region. */
export function serverlessText(
  shipped: string,
  config: Config,
  { region, variables }: { region: string; variables: readonly string[] },
): string {
  const document = parseDocument(shipped, { merge: true }).toJS() as Section & { vars: Section; resources: Record<string, Section> };
  const environmentVariables = Object.fromEntries(variables.map((name) => [name, `\${env('${name}', '')}`]));
  const resources = Object.entries(document.resources).map(([name, resource]) => {
    const props = resource.props as Section & { triggers?: Section[] };
    // Whoever accepts calls it from outside, also where the functions are in a VPC.
    const http = (props.triggers ?? [])
      .filter(({ triggerType }) => triggerType === "http")
      .map((trigger) => ({ ...trigger, triggerConfig: { ...(trigger.triggerConfig as Section), disableURLInternet: false } }));
    const triggers = [...triggersFor(name, config, region), ...http];
    const { triggers: _, ...others } = props;
    return [name, { ...resource, props: { ...others, environmentVariables, ...(triggers.length > 0 ? { triggers } : {}) } }];
  });
  const { template: __, ...rest } = document;
  return stringify(
    { ...rest, vars: { ...document.vars, region }, resources: Object.fromEntries(resources) },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}
