import { byNumber, generationNamed, hidesRoot, isCounterNamed, isRootName, LEGACY_GENERATION, LEGACY_ROOT_KEY } from "../format/keys.ts";
import type { BlobInfo, BlobStore } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import type { RootCatalogue } from "../model/repository.ts";
import { inOrder } from "../proof/verdict.ts";
import { latestOf, readRoot, requireVersion2 } from "./rootBlob.ts";

/** A root that vanishes between listing and reading was replaced; after this many attempts something else is wrong. */
const OPEN_ATTEMPTS = 3;

/** Sizes by key, and the ETags of parts with counter names. */
export type ListedSizes = Map<string, number> & { etags: ReadonlyMap<string, string> };

/** The newest root, and which others exist. */
export interface OpenedRepository {
  /** `undefined` without any root, which Elasticsearch treats as an empty repository. */
  root: RootCatalogue | undefined;
  /** Of a small root; a large one is read again where its bytes are needed. */
  rootBytes: Uint8Array | undefined;
  /** The root's entry in the listing. */
  rootInfo: BlobInfo | undefined;
  /** A root of a lower generation that was written after it, by a cluster that did not know of it (measured on 8.17). */
  writtenLater?: BlobInfo;
  /** Generations of all roots, ascending; -1 stands for the `index` of 2.x. */
  generations: number[];
  /** Keys that Elasticsearch takes for a newer root and ossnap does not, the one that it reads first: no repository has such a generation, or they are links. */
  hiding: string[];
  /** Only without any root: the generation that `index.latest` names. */
  latest?: number | undefined;
}

/**
 * Finds and decodes the root as Elasticsearch does: the highest listed `index-N`, regardless of `index.latest`, or the `index` of 2.x if there is none.
 * Unlike Elasticsearch it passes over generations that no repository has and over links, which hide the real root; they are returned in `hiding`.
 * @throws AppError `invalid` for a root that cannot be decoded, and whatever the store throws.
 */
export async function openRepository(store: BlobStore): Promise<OpenedRepository> {
  for (let attempt = 0; attempt < OPEN_ATTEMPTS; attempt += 1) {
    const { roots, hiding } = await listRootKeys(store);
    const generations = [...roots.keys()].sort((left, right) => left - right);
    const rootInfo = roots.get(generations.at(-1) ?? Number.NaN);
    if (rootInfo === undefined)
      return { root: undefined, rootBytes: undefined, rootInfo, generations, hiding, latest: await latestOf(store) };
    if (rootInfo.key === LEGACY_ROOT_KEY) await requireVersion2(store);
    const read = await readRoot(store, rootInfo);
    if (read !== undefined) return { ...read, rootInfo, ...writtenLater(roots, rootInfo), generations, hiding };
  }
  const wrong = `the root vanished ${OPEN_ATTEMPTS} times between listing and reading it`;
  throw new AppError("conflict", `${store.url}: ${wrong}; try again when nothing deletes there`, {
    reason: reason("root.vanishes", { url: store.url }),
  });
}

function writtenLater(roots: ReadonlyMap<number, BlobInfo>, root: BlobInfo): Pick<OpenedRepository, "writtenLater"> {
  const timeOf = ({ lastModified }: BlobInfo) => lastModified?.getTime() ?? 0;
  const [latest] = [...roots.values()].sort((a, b) => timeOf(b) - timeOf(a));
  return latest !== undefined && timeOf(latest) > timeOf(root) ? { writtenLater: latest } : {};
}

/**
 * The root of an opened repository. @throws AppError `absent` without a root, which is treated as no repository rather than an empty one.
 */
export function requireRoot({ root, latest, hiding }: OpenedRepository, url: string): RootCatalogue {
  if (root !== undefined) return root;
  const [key] = hiding;
  if (key !== undefined && isRootName(key))
    throw new AppError("absent", `${url}: its root ${key} is a link, which is not followed; put a copy of the file there`, {
      reason: reason("repository.onlyLinkedRoot", { url, key }),
    });
  if (key !== undefined)
    throw new AppError(
      "absent",
      `${url}: ${key} is no root, because no repository has such a generation, and there is no other; delete that object`,
      {
        reason: reason("repository.noSuchGeneration", { url, key }),
      },
    );
  if (latest !== undefined)
    throw new AppError(
      "absent",
      `${url}: its roots are lost: index.latest names index-${latest}, which does not exist, so Elasticsearch treats it as empty; put the root back from a copy or an earlier version of the bucket`,
      {
        reason: reason("repository.rootsLost", { url, generation: latest }),
      },
    );
  const fix = "check bucket and base path, or wait until a copy into it has finished";
  throw new AppError("absent", `${url}: there is no root (index-N), so no repository; ${fix}`, {
    reason: reason("repository.noRoot", { url }),
  });
}

/** Lists the roots by generation without reading them. */
export async function listRoots(store: BlobStore): Promise<Map<number, BlobInfo>> {
  return (await listRootKeys(store)).roots;
}

/** The roots by generation, and the keys that hide them from Elasticsearch. */
export async function listRootKeys(store: BlobStore): Promise<{ roots: Map<number, BlobInfo>; hiding: string[] }> {
  const roots = new Map<number, BlobInfo>();
  const others: string[] = [];
  const links: string[] = [];
  for await (const blob of inOrder(store.list("index", { onLink: (key) => links.push(key) }))) {
    const generation = generationNamed(blob.key);
    if (generation !== undefined) roots.set(generation, blob);
    else others.push(blob.key);
  }
  const highest = Math.max(LEGACY_GENERATION, ...roots.keys());
  const linked = links.filter((key) => (generationNamed(key) ?? Number.NEGATIVE_INFINITY) >= highest);
  return { roots, hiding: [...linked, ...[...others, ...links].filter((key) => hidesRoot(key, highest))].sort(byNumber) };
}

/**
 * Sizes of everything below the base path, for examining several snapshots; a single snapshot is better joined with a streaming listing.
 * `undefined` if `deadline` reported that time is up.
 */
export async function listSizes(store: BlobStore, deadline?: undefined, onLink?: (key: string) => void): Promise<ListedSizes>;
export async function listSizes(store: BlobStore, deadline: () => boolean): Promise<ListedSizes | undefined>;
export async function listSizes(
  store: BlobStore,
  deadline = () => false,
  onLink?: (key: string) => void,
): Promise<ListedSizes | undefined> {
  const sizes = new Map<string, number>();
  const etags = new Map<string, string>();
  for await (const { key, sizeBytes, etag } of inOrder(store.list("", { onLink }))) {
    if (deadline()) return undefined;
    sizes.set(key, sizeBytes);
    if (etag !== undefined && isCounterNamed(key)) etags.set(key, etag);
  }
  return Object.assign(sizes, { etags });
}
