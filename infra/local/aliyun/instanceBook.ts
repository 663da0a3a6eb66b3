/** One instance of the stand-in's account. */
export interface BookedInstance {
  id: string;
  /** As DescribeInstance shows it: `6.7_with_X-Pack`. */
  esVersion: string;
  status: "active" | "activating" | "inactive" | "invalid";
}

/** A repository that appeared on a target, or that left it. */
export interface SharingChange {
  kind: "added" | "removed";
  target: string;
  source: string;
}

/** A refusal in the API's form. */
export class ApiRefusal extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.name = "ApiRefusal";
    this.statusCode = statusCode;
    this.code = code;
  }
}

export interface InstanceBookOptions {
  instances: readonly BookedInstance[];
  /** Makes the change on the cluster behind the instance, as the platform registers and deletes the repository there. */
  onChange?: ((change: SharingChange) => Promise<void>) | undefined;
}

export interface InstanceBook {
  instance(id: string): BookedInstance;
  setStatus(id: string, status: BookedInstance["status"]): void;
  shared(target: string): BookedInstance[];
  alternatives(target: string, alreadySetItems: boolean): BookedInstance[];
  add(target: string, source: string, token: string | undefined): Promise<boolean>;
  remove(target: string, source: string, token: string | undefined): Promise<boolean>;
}

/**
 * The instances of one account in one region, and who reads whose snapshots. The rules are those of "Configure a shared OSS repository";
 * the reference documents no code for their breach and none for a repetition, so those here are the stand-in's own: a client must not rely on them.
 */
export function instanceBook({ instances, onChange = async () => undefined }: InstanceBookOptions): InstanceBook {
  const known = new Map(instances.map((one) => [one.id, { ...one }]));
  const shares = new Map<string, Set<string>>();
  const tokens = new Map<string, Promise<boolean>>();
  const instance = (id: string): BookedInstance => {
    const found = known.get(id);
    if (!found) throw new ApiRefusal(400, "InstanceNotFound", "The instanceId provided does not exist.");
    return found;
  };
  const sharesOf = (target: string) => {
    instance(target);
    const own = shares.get(target) ?? new Set<string>();
    shares.set(target, own);
    return own;
  };
  const mayUse = (target: BookedInstance, source: BookedInstance) =>
    source.id !== target.id && !isNewer(source.esVersion, target.esVersion);
  /** The same token is the same request, also while the first is still running. */
  const once = (kind: string, target: string, source: string, token: string | undefined, change: () => Promise<boolean>) => {
    const key = JSON.stringify([kind, target, source, token]);
    const before = token === undefined ? undefined : tokens.get(key);
    if (before) return before;
    const running = change();
    if (token !== undefined) {
      tokens.set(key, running);
      running.catch(() => tokens.delete(key));
    }
    return running;
  };
  const requireActive = (target: string) => {
    const found = instance(target);
    if (found.status !== "active")
      throw new ApiRefusal(
        400,
        "InstanceStatusNotSupportCurrentAction",
        "The cluster is running tasks or in an error status. Try again later.",
      );
    return found;
  };
  return {
    instance,
    setStatus(id, status) {
      instance(id).status = status;
    },
    shared: (target) => [...sharesOf(target)].map(instance),
    alternatives(target, alreadySetItems) {
      const [own, at] = [sharesOf(target), instance(target)];
      return [...known.values()].filter((source) => mayUse(at, source) && (alreadySetItems || !own.has(source.id)));
    },
    add: (target, source, token) =>
      once("add", target, source, token, async () => {
        const own = sharesOf(target);
        const at = requireActive(target);
        if (!mayUse(at, instance(source))) throw new ApiRefusal(400, "RepoPathNotSupported", `${source} cannot be used by ${target}.`);
        if (own.has(source)) throw new ApiRefusal(400, "RepoPathAlreadyExists", `${source} is used by ${target} already.`);
        await onChange({ kind: "added", target, source });
        own.add(source);
        return true;
      }),
    remove: (target, source, token) =>
      once("remove", target, source, token, async () => {
        const own = sharesOf(target);
        requireActive(target);
        if (!own.has(source)) throw new ApiRefusal(400, "RepoPathNotFound", `${source} is not used by ${target}.`);
        await onChange({ kind: "removed", target, source });
        return own.delete(source);
      }),
  };
}

function isNewer(source: string, target: string): boolean {
  const numbers = (text: string) => (/^[\d.]+/.exec(text)?.[0] ?? "").split(".").map(Number);
  const [left, right] = [numbers(source), numbers(target)];
  const at = [0, 1, 2].find((part) => (left[part] ?? 0) !== (right[part] ?? 0)) ?? 0;
  return (left[at] ?? 0) > (right[at] ?? 0);
}
