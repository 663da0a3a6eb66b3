import { AppError } from "../../shared/model/errors.ts";
import { initialise } from "../../shared/runtime/initialise.ts";
import { connect } from "../../shared/runtime/wire.ts";
import { readObject, writeObjectOnce } from "../../shared/state/objects.ts";
import { counted } from "../../shared/words/numbers.ts";
import { triggerHeaders } from "../cli/at/triggerSignature.ts";
import { askCluster } from "./cluster.ts";
import { ALIAS, ENTRIES, INDEX, NAMES, placesOf } from "./site.ts";
import { apiOf, ended, rowsOf, type Stage, until } from "./stage.ts";
import { invokeTask } from "./taskIds.ts";

const WRITERS = 64;
const ROUNDS = 5;
/** The tick may look at the copy before the event does; each further round has another chance. */
const EVENT_ROUNDS_MAX = 4;
const DOCUMENTS_A_ROUND = 3;

/** What is tried, in this order. Each returns what was seen; where something else was seen it throws. */
export interface Check {
  name: string;
  /** Checks without which this one says nothing. */
  after: readonly string[];
  run(stage: Stage): Promise<string>;
}

/** Without it nothing is written, and nothing removed: what is there is somebody else's, or of a run that was kept. */
export const FREE = "nothing is there yet";

export const CHECKS: readonly Check[] = [
  { name: FREE, after: [], run: nothingThere },
  { name: "one writer of a key wins", after: [FREE], run: compareAndSet },
  { name: "the state has an identity", after: [FREE], run: initState },
  { name: "s deploy", after: ["the state has an identity"], run: deploy },
  { name: "HTTP signature", after: ["s deploy"], run: signature },
  { name: "role of the HTTP function", after: ["HTTP signature"], run: httpRole },
  { name: "task ids", after: ["s deploy"], run: taskIds },
  { name: "repository", after: ["role of the HTTP function"], run: repository },
  { name: "backup", after: ["repository"], run: backup },
  { name: "copy", after: ["backup"], run: copy },
  { name: "OSS event", after: ["copy"], run: event },
  { name: "restore", after: ["copy"], run: restored },
];

async function nothingThere(stage: Stage): Promise<string> {
  const { settings, context } = stage;
  const there: string[] = [];
  for (const place of placesOf(settings.config)) {
    const store = connect(settings, context).blobs(place);
    for await (const { key } of store.list("")) {
      there.push(`${store.url}/${key}`);
      break;
    }
  }
  for (const [name, cluster] of Object.entries(settings.config.clusters))
    for (const path of [INDEX, `_alias/${ALIAS}`, ...Object.values(NAMES).map((repository) => `_snapshot/${repository}`)])
      if ((await askCluster(cluster, "GET", `/${path}`)) !== undefined) there.push(`${path} on cluster ${name}`);
  if (there.length > 0) throw wrong(`${there.join(", ")}: choose another ACCEPT_PREFIX, or remove what an earlier run left`);
  return "no object below the prefix, and neither indices nor repositories of these names";
}

async function compareAndSet({ state }: Stage): Promise<string> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const key = `accept/writers-${round}`;
    const writers = Array.from({ length: WRITERS }, (_, writer) => writer);
    const wins = await Promise.all(writers.map((writer) => writeObjectOnce(state, key, { writer })));
    const winners = writers.filter((writer) => wins[writer]);
    const kept = await readObject<{ writer: number }>(state, key);
    await state.delete([key]);
    if (winners.length !== 1 || kept?.writer !== winners[0])
      throw wrong(
        `${counted(winners.length, "writer", "writers")} of ${WRITERS} were told that they created ${key}, and it contains ${JSON.stringify(kept)}`,
      );
  }
  return `${WRITERS} writers at a time, ${ROUNDS} keys: one created each, and its value is there`;
}

async function initState({ settings, context }: Stage): Promise<string> {
  const { created, url } = await initialise(settings, context);
  return `${url}: ${created ? "written" : "was there"}, the bucket has no versioning`;
}

async function deploy(stage: Stage): Promise<string> {
  const { url } = await stage.platform.deploy();
  stage.url = url;
  stage.api = apiOf(stage, url);
  return `deployed; each OSS trigger has a prefix and no suffix; HTTP at ${new URL(url).host}`;
}

async function signature({ url, keys, token }: Stage): Promise<string> {
  const target = new URL("/status", url);
  const status = async (headers: Record<string, string>) => (await fetch(target, { headers })).status;
  const signed = triggerHeaders("GET", target, keys, new Date());
  const other = triggerHeaders("GET", target, { ...keys, accessKeySecret: "another-secret" }, new Date());
  const statuses = {
    unsigned: await status({ "x-ossnap-token": token }),
    "another secret": await status({ ...other, "x-ossnap-token": token }),
    "no token": await status(signed),
    "wrong token": await status({ ...signed, "x-ossnap-token": "0".repeat(43) }),
    signed: await status({ ...signed, "x-ossnap-token": token }),
  };
  const seen = Object.entries(statuses)
    .map(([name, code]) => `${name} ${code}`)
    .join(", ");
  const isRefused = (code: number) => code === 400 || code === 403;
  const holds = isRefused(statuses.unsigned) && isRefused(statuses["another secret"]);
  if (holds && statuses["no token"] === 401 && statuses["wrong token"] === 401 && statuses.signed === 200) return seen;
  throw wrong(seen);
}

async function httpRole({ api }: Stage): Promise<string> {
  await api({ method: "POST", path: "/pause" });
  await api({ method: "POST", path: "/resume" });
  return "GET /status, POST /pause and /resume: its role reads and writes the state";
}

async function taskIds(stage: Stage): Promise<string> {
  const { settings } = stage;
  // No job has this id, so that the function does nothing.
  const id = `accept-${Date.now().toString(36)}`;
  const start = () => invokeTask(stage, settings.continueFunction, id, { job: "restore-0000000000000000" });
  const [first, second] = [await start(), await start()];
  if (first === 202 && second === 409) return "an id is taken once: 202, then 409";
  throw wrong(`two tasks with one id were answered ${first} and ${second}, in place of 202 and 409`);
}

async function repository({ api, settings }: Stage): Promise<string> {
  const { body } = await api({ method: "POST", path: `/repositories/${NAMES.written}` });
  const { state, nodes } = body as { state: string; nodes: number };
  const { type } = settings.config.repositories[NAMES.written]?.register ?? {};
  const seen = `type ${type}: ${state}, verified by ${counted(nodes, "node", "nodes")}`;
  return type === "oss" ? seen : `${seen}; type oss was not tried`;
}

async function backup(stage: Stage): Promise<string> {
  await write(stage);
  const { id } = await ended(stage, `/backups/${ENTRIES.backup}`);
  return `${counted(stage.documents, "document", "documents")} in ${INDEX}, taken by ${id}`;
}

async function copy(stage: Stage): Promise<string> {
  const { result } = await ended(stage, `/copies/${ENTRIES.copy}`);
  const { blobs, bytes } = result as { blobs: number; bytes: number };
  return `${counted(blobs, "blob", "blobs")}, ${counted(bytes, "byte", "bytes")}, moved by tasks with the workers' role`;
}

/** Which look created the arrival is in its record: one that the event started shows that the trigger fires, and that its JSON is read. */
async function event(stage: Stage): Promise<string> {
  for (let round = 1; round <= EVENT_ROUNDS_MAX; round += 1) {
    const arrival = await until(stage, `no arrival of round ${round} was noticed`, async () => {
      const rows = await rowsOf(stage, "arrival");
      return rows.length >= round ? rows[0] : undefined;
    });
    if (arrival.askedBy === "event") return `${arrival.id} was started by the event of a root blob, in round ${round}`;
    if (round < EVENT_ROUNDS_MAX) {
      await backup(stage);
      await copy(stage);
    }
  }
  throw wrong(`no event started an arrival in ${EVENT_ROUNDS_MAX} rounds; each was noticed by the tick of a minute, which looks anyway`);
}

async function restored(stage: Stage): Promise<string> {
  const { settings, documents } = stage;
  const { target = settings.config.clusters.source } = settings.config.clusters;
  if (target === undefined) throw wrong("ossnap.yaml has no cluster");
  await until(stage, `${ALIAS} did not serve ${documents} documents`, async () => {
    const answer = (await askCluster(target, "GET", `/${ALIAS}/_count`)) as { count: number } | undefined;
    return answer?.count === documents ? true : undefined;
  });
  const [row] = await rowsOf(stage, "restore");
  return `${counted(documents, "document", "documents")} behind ${ALIAS}, by ${row?.id}`;
}

/** Other documents each time, so that the next snapshot has blobs of its own. */
async function write(stage: Stage): Promise<void> {
  const { source } = stage.settings.config.clusters;
  if (source === undefined) throw wrong("ossnap.yaml has no cluster source");
  const { version } = (await askCluster(source, "GET", "/")) as { version: { number: string } };
  const type = Number.parseInt(version.number, 10) < 7 ? "doc" : "_doc";
  if (stage.documents === 0) await askCluster(source, "PUT", `/${INDEX}`, { settings: { number_of_shards: 1, number_of_replicas: 0 } });
  for (let one = 0; one < DOCUMENTS_A_ROUND; one += 1) {
    stage.documents += 1;
    await askCluster(source, "PUT", `/${INDEX}/${type}/${stage.documents}?refresh=true`, { number: stage.documents });
  }
}

function wrong(text: string): AppError {
  return new AppError("permanent", text);
}
