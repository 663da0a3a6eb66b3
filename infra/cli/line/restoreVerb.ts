import { ALIAS, AS, FILES_THERE, INDICES, KEY, name, REPLICAS_OPTION, REPOSITORY, START, TO, WAIT } from "./options.ts";
import {
  consentFault,
  DATA_STREAMS,
  FEATURE_STATES,
  GLOBAL_STATE,
  KEEP_OLD_BYTES,
  LOSE_OLD,
  OLDER,
  OVER,
  RATE,
  REPLACE_INDEX,
} from "./restoreOptions.ts";
import { type Verb, verb } from "./verb.ts";

export const RESTORE_VERB: Verb = verb(
  "restore <snapshot>",
  {
    description:
      "check a restore and show what it would do; --start starts it. The snapshot: a name, a uuid, or latest for the newest good one that holds the indices",
    example: ["restore", "latest", "--repository", "moved-movies", "--to", "target", "--indices", "movies,logs-*"],
    args: { snapshot: name() },
    options: {
      repository: REPOSITORY,
      to: TO,
      indices: INDICES,
      alias: ALIAS,
      as: AS,
      replicas: REPLICAS_OPTION,
      older: OLDER,
      replaceIndex: REPLACE_INDEX,
      filesThere: FILES_THERE,
      over: OVER,
      loseOld: LOSE_OLD,
      rate: RATE,
      keepOldBytes: KEEP_OLD_BYTES,
      globalState: GLOBAL_STATE,
      featureStates: FEATURE_STATES,
      dataStreams: DATA_STREAMS,
      start: START,
      wait: WAIT,
      key: KEY,
    },
    check: consentFault,
  },
  async (session, input) => (await import("../verbs/restore.ts")).restore(session, input),
);
