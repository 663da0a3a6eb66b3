import * as z from "zod";
import { AppError, hasCode } from "../../../model/errors.ts";
import type { RestoresStreams } from "../../../model/snapshots/streams.ts";
import { changeState } from "../acknowledged.ts";
import type { ElasticsearchClient } from "../client.ts";
import { faultOf } from "../errors/errors.ts";
import { requireExactName } from "../names.ts";
import { commonBody, literalPattern, literalReplacement } from "./body.ts";

/** `accepted`, or an immediate summary where there is nothing to do. */
const answered = z.object({ accepted: z.boolean().optional() });

/** https://www.elastic.co/guide/en/elasticsearch/reference/7.17/data-streams.html#backup-a-data-stream */
export function streamCalls(client: ElasticsearchClient): RestoresStreams {
  return {
    async restoreStream({ repository, snapshot, stream, as, ...settings }) {
      requireExactName("repository", repository);
      requireExactName("snapshot", snapshot);
      requireExactName("data stream", stream);
      requireExactName("data stream", as);
      const subject = `restore of data stream ${stream} from ${repository}:${snapshot} as ${as}`;
      const renaming = {
        // A backing index is named `.ds-<stream>-…`, and the stream's own name is matched by the same pattern.
        rename_pattern: `^(\\.ds-)?${literalPattern(stream)}`,
        rename_replacement: `$1${literalReplacement(as)}`,
      };
      const body = { indices: [stream], ...commonBody(settings), ...(stream === as ? {} : renaming) };
      const path = ["_snapshot", repository, snapshot, "_restore"];
      const answer = await client
        .request(answered, { subject, method: "POST", path, query: { wait_for_completion: false }, body })
        .catch((error: unknown) => {
          if (faultOf(error)?.type === "index_not_found_exception") throw notThere(subject, stream, error);
          throw error;
        });
      if (answer.accepted !== true) throw notThere(subject, stream);
    },

    async deleteStream(stream) {
      requireExactName("data stream", stream);
      try {
        await changeState(client, { subject: `data stream ${stream}`, method: "DELETE", path: ["_data_stream", stream] });
      } catch (error) {
        if (!hasCode(error, "absent")) throw error;
      }
    },
  };

  function notThere(subject: string, stream: string, cause?: unknown): AppError {
    return new AppError("invalid", `cluster ${client.name}: ${subject}: the snapshot holds no data stream ${stream}`, { cause });
  }
}
