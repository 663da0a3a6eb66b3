import { LEGACY_ROOT_KEY } from "../format/keys.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { ProofLevel, RootCatalogue, RootSnapshot } from "../model/repository.ts";
import { type Links, linkTally } from "../proof/links.ts";
import { missingBlobsOf } from "../proof/splitBlobs.ts";
import { heldMemory, weightOfClosure } from "./heldMemory.ts";
import type { Listing } from "./metadataReader.ts";
import { memoryLedger, type PartLedger } from "./partLedger.ts";
import type { PartsRead } from "./prove/checks.ts";
import { isOutOfTime } from "./prove/examineSnapshot.ts";
import { proveSnapshot, type SampledProof } from "./prove/proveSnapshot.ts";
import type { Sample, Sampled } from "./prove/sampler.ts";
import { listRoots, listSizes, type OpenedRepository, openRepository, requireRoot } from "./readRepository.ts";
import { latestOf } from "./rootBlob.ts";
import { rootFacts } from "./rootFacts.ts";
import { datedSnapshots, LATEST, namedSnapshot, newestGoodFirst } from "./rootSnapshots.ts";

/** Limits retries for a snapshot that changes during every proof. */
const LOOKS_MAX = 3;

export interface VerifyChoice {
  /** A name, a uuid, `latest` or `all`. */
  snapshot: string;
  level: ProofLevel;
  /** The clock that `latest` is measured by; without it, no snapshot lies in the future. */
  now?: Date | undefined;
  /** At level `contents`: how much of the data is read, by default all of it. Every footer is read in any case. */
  sample?: Sample | undefined;
  /** Uuids that are already proven and are skipped. */
  skip?: ReadonlySet<string>;
  deadline?: () => boolean;
  onProof?: (proof: SampledProof) => void;
  /** Called when the root changed during a proof, which restarts from the new root. */
  onMoved?: (moved: { name: string; from: string; to: string }) => void;
  onRead?: (name: string, sampled: Sampled) => void;
  onParts?: (name: string, parts: PartsRead) => void;
  /** By default one for this run: files that several snapshots share are read once. */
  ledger?: PartLedger;
}

export interface Verified {
  /** The newest root that was read. */
  root: RootCatalogue;
  proofs: SampledProof[];
  /** Number of selected snapshots that were not reached in time. */
  open: number;
  /** How often a proof was restarted because the root had changed. */
  redone: number;
  /** Keys that hide the root from every cluster. */
  hiding: readonly string[];
  /** Why `latest` may not be the newest: entries of the root that cannot be read, or are there twice, have no time. */
  unclear?: Reason;
  /** That `index.latest` names another root, which no proof depends on. */
  pointer?: Reason;
  /** Links that were left out; what they lead to counts as missing. */
  links?: Links;
}

interface Seen {
  opened: OpenedRepository;
  root: RootCatalogue;
  listing: Listing | undefined;
  redone: number;
}

type OnLink = (key: string) => void;

/** Proves the selected snapshots of a repository from its bucket alone, with one listing for all of them. */
export async function proveChosen(store: BlobStore, choice: VerifyChoice): Promise<Verified> {
  const ledger = choice.ledger ?? memoryLedger();
  const found = linkTally();
  const seen = await see(store, undefined);
  const todo = (await chosenIn(store, seen, choice)).filter(({ uuid }) => !choice.skip?.has(uuid));
  const shared = todo.length > 1;
  if (shared) seen.listing = await listSizes(store, undefined, found.add);
  const proofs: SampledProof[] = [];
  const kept = keptProofs(shared);
  for (const snapshot of todo) {
    if (choice.deadline?.() || kept.isFull()) break;
    const proof = await proveFollowingRoot(store, seen, snapshot, { ...choice, shared, ledger, onLink: found.add });
    if (isOutOfTime(proof.reason)) break;
    proofs.push(kept.add(proof));
    choice.onProof?.(proof);
  }
  const unclear = choice.snapshot === LATEST ? unclearLatest(seen.root) : undefined;
  const { root, redone, opened } = seen;
  const pointer = await wrongPointer(store, root, opened.hiding);
  const { hiding } = opened;
  const links = found.links();
  return {
    root,
    proofs,
    open: todo.length - proofs.length,
    redone,
    hiding,
    ...(unclear && { unclear }),
    ...(pointer && { pointer }),
    ...(links && { links }),
  };
}

/** Measured on 5.5.3, 7.10.2 and 9.2.0: Elasticsearch takes the highest root that it lists; only a repository of type `url` cannot list. */
async function wrongPointer(store: BlobStore, root: RootCatalogue, hiding: readonly string[]): Promise<Reason | undefined> {
  if (root.key === LEGACY_ROOT_KEY) return undefined;
  const latest = await latestOf(store);
  if (latest === undefined || latest === root.generation || hiding.includes(`index-${latest}`)) return undefined;
  // A snapshot that was taken meanwhile wrote both.
  if (Math.max(...(await listRoots(store)).keys()) === latest) return undefined;
  return reason("root.wrongPointer", { root: root.key, latest: `index-${latest}` });
}

const NAMES_SHOWN = 5;

function unclearLatest({ key, snapshots }: RootCatalogue): Reason | undefined {
  const names = snapshots.flatMap(({ name, fault }) => (fault === undefined ? [] : name));
  const params = { root: key, count: names.length, snapshots: [...new Set(names)].slice(0, NAMES_SHOWN) };
  return names.length === 0 ? undefined : reason("snapshot.latestUnclear", params);
}

/** Of all proofs of a run; each has its own limit too. */
const FAULTS_KEPT_MAX = 200_000;
/** Of each further proof, when the run has kept that many. */
const FAULTS_KEPT_MIN = 100;

/** What one run keeps of its proofs: the settings of thousands of indices in hundreds of snapshots would fill the memory. */
function keptProofs(areMany: boolean): { add(proof: SampledProof): SampledProof; isFull(): boolean } {
  const held = heldMemory();
  let [faults, isFull] = [0, false];
  return {
    isFull: () => isFull,
    add(proof) {
      if (!areMany) return proof;
      const most = faults < FAULTS_KEPT_MAX ? FAULTS_KEPT_MAX : FAULTS_KEPT_MIN;
      const slim = {
        ...proof,
        missing: proof.missing.slice(0, most),
        ...(proof.missing.length > most && { missingBlobs: missingBlobsOf(proof) }),
        damaged: proof.damaged.slice(0, most),
        closure: slimClosure(proof.closure),
      };
      faults += slim.missing.length + slim.damaged.length;
      const bytes = slim.closure === undefined ? 0 : weightOfClosure(slim.closure);
      if (held.fits(bytes)) held.hold(bytes, proof.uuid);
      else isFull = true;
      return slim;
    },
  };
}

function slimClosure(closure: SampledProof["closure"]): SampledProof["closure"] {
  if (closure === undefined) return undefined;
  const indices = closure.indices.map(({ analyzers: _analyzers, fieldTypes: _types, ...index }) => ({
    ...index,
    settings: {},
    aliases: [],
    mappingTypes: [],
  }));
  const { featureStates: _states, ...snapshot } = closure.snapshot;
  return { ...closure, snapshot: { ...snapshot, failures: [] }, indices };
}

async function chosenIn(store: BlobStore, { opened, root }: Seen, { snapshot: wanted, now }: VerifyChoice): Promise<RootSnapshot[]> {
  if (wanted !== "all" && wanted !== LATEST) return [namedSnapshot(root, root.snapshots, wanted, now)];
  const dated = await datedSnapshots(store, opened);
  if (wanted === "all") return dated;
  return newestGoodFirst(dated, now).length === 0 ? [] : [namedSnapshot(root, dated, wanted, now)];
}

/** Restarts a proof from the new root if the root changed and still lists the snapshot; `seen` is updated for the next proofs. */
async function proveFollowingRoot(
  store: BlobStore,
  seen: Seen,
  { uuid, name }: RootSnapshot,
  choice: VerifyChoice & { shared: boolean; onLink: OnLink },
): Promise<SampledProof> {
  for (let look = 1; ; look += 1) {
    const proof = await proveOnce(store, seen, uuid, choice);
    if (proof.reason?.code !== "root.moved" || look === LOOKS_MAX || choice.deadline?.()) return proof;
    const from = seen.root.key;
    Object.assign(seen, await see(store, choice.shared ? choice.onLink : undefined), { redone: seen.redone + 1 });
    choice.onMoved?.({ name, from, to: seen.root.key });
    if (!rootFacts(seen.root).byUuid.has(uuid)) return proof;
  }
}

function proveOnce(
  store: BlobStore,
  { opened, root, listing }: Seen,
  uuid: string,
  choice: VerifyChoice & { onLink: OnLink },
): Promise<SampledProof> {
  const { level, sample, deadline, onRead, onParts, onLink, ledger } = choice;
  const name = rootFacts(root).byUuid.get(uuid)?.[0]?.name ?? uuid;
  const read = onRead && ((sampled: Sampled) => onRead(name, sampled));
  const parts = onParts && ((read: PartsRead) => onParts(name, read));
  return proveSnapshot(store, { uuid, level, root: opened, listing, deadline, sample, ledger, onRead: read, onParts: parts, onLink });
}

/** With `onLink` everything is listed too. */
async function see(store: BlobStore, onLink: OnLink | undefined): Promise<Seen> {
  const opened = await openRepository(store);
  const root = requireRoot(opened, store.url);
  return { opened, root, listing: onLink ? await listSizes(store, undefined, onLink) : undefined, redone: 0 };
}
