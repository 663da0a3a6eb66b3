/** Beside `index` a request may replace the cluster's state. */
export interface RestoredState {
  /** Replaces all persistent settings, and ingest pipelines; adds templates. */
  globalState: boolean;
  /** Names of features, whose indices are deleted and made anew, or none of them; absent before 7.12, which has no such member. */
  features?: readonly string[];
}

/** The members that a restore of an index has too mean the same. */
export interface StreamRequest {
  repository: string;
  snapshot: string;
  stream: string;
  /** The stream's name on the cluster; of the backing indices those change that are named after it. */
  as: string;
  indexSettings: Record<string, string | number>;
  ignoreIndexSettings: string[];
}

/** Data streams, from 7.9 on; before, both are `invalid`. */
export interface RestoresStreams {
  /** Starts a restore of one data stream with all its backing indices, and does not wait. Refused while one of them, or the stream, is there. */
  restoreStream(request: StreamRequest): Promise<void>;
  /** Deletes the stream with its backing indices; one that is not there counts as deleted. */
  deleteStream(stream: string): Promise<void>;
}
