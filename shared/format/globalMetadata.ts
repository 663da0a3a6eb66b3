import type { DecodeBudget } from "../model/memory/decodeBudget.ts";
import { type PlacementSettings, placementOf } from "../model/placement/placement.ts";
import { decodeContainer } from "./encoding/container.ts";
import type { Wanted } from "./encoding/smileSkip.ts";
import { asFields, asList, asName } from "./fields.ts";

/** What a snapshot holds of the cluster's state. */
export interface GlobalMetadata {
  /** Without `include_global_state` a snapshot has neither settings nor templates nor pipelines (measured on 5.5.3, 7.10.2 and 8.17.0). */
  hasState: boolean;
  /** Of the persistent settings, those that decide whether shards find a node, and how many there may be. */
  placement: PlacementSettings;
  /** Names of the persistent settings, templates of every kind and ingest pipelines. */
  settings: string[];
  templates: string[];
  pipelines: string[];
  /** By data stream, its backing indices in order of their generation; from 7.9 on, whether or not the state is included. */
  streams: Record<string, string[]>;
}

const NAMES: Wanted = { each: {} };
const STREAMS: Wanted = { each: { each: { fields: { indices: { items: { fields: { index_name: true } } } } } } };
const STATE_FIELDS: Wanted = {
  fields: {
    "meta-data": {
      fields: {
        ...{
          cluster_uuid: true,
          settings: { each: true },
          templates: NAMES,
          index_template: { each: NAMES },
          component_template: { each: NAMES },
        },
        ...{ ingest: { fields: { pipeline: { items: { fields: { id: true } } } } }, data_stream: STREAMS },
      },
    },
  },
};
/** Stands for the uuid of the cluster in a snapshot without its state. */
const NO_CLUSTER = "_na_";

/**
 * `meta-<uuid>.dat` below the base path.
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`.
 */
export function decodeGlobalMetadata(bytes: Uint8Array, subject: string, budget?: DecodeBudget): GlobalMetadata {
  const document = asFields(decodeContainer(bytes, "metadata", subject, { budget, wanted: STATE_FIELDS }), subject);
  const where = `${subject}: meta-data`;
  const fields = asFields(document["meta-data"], where);
  const inner = (name: string) => asFields(asFields(fields[name] ?? {}, where)[name] ?? {}, where);
  const { pipeline = [] } = asFields(fields.ingest ?? {}, where);
  return {
    hasState: fields.cluster_uuid !== NO_CLUSTER,
    settings: namesIn(fields.settings, where),
    placement: placementOf(textsIn(asFields(fields.settings ?? {}, where))),
    templates: [
      ...namesIn(fields.templates, where),
      ...namesIn(inner("index_template"), where),
      ...namesIn(inner("component_template"), where),
    ],
    pipelines: asList(pipeline, where).map((entry) => asName(asFields(entry, where).id, `${where}.ingest`)),
    streams: Object.fromEntries(
      Object.entries(inner("data_stream")).map(([name, stream]) => {
        const indices = asList(asFields(stream, where).indices ?? [], where);
        return [asName(name, where), indices.map((index) => asName(asFields(index, where).index_name, `${where}.data_stream`))];
      }),
    ),
  };
}

/** Lists as {@link PlacementSettings} has them. */
function textsIn(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, Array.isArray(value) ? JSON.stringify(value) : String(value)]),
  );
}

function namesIn(value: unknown, where: string): string[] {
  return Object.keys(asFields(value ?? {}, where)).map((name) => asName(name, where));
}
