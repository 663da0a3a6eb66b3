/** What an instance is doing; any other word of the API is `unknown`. */
export type InstanceStatus = "active" | "activating" | "inactive" | "invalid" | "unknown";

/** An Elasticsearch cluster as Alibaba Cloud knows it. */
export interface Instance {
  id: string;
  /** `6.7`, `6.8.23`: often without a patch version. */
  version: string;
  status: InstanceStatus;
}

/** The automatic snapshots of one instance, registered read-only on another. */
export interface SharedRepository {
  /** The instance that takes the snapshots. */
  instance: string;
  /** Its name on the cluster that restores. */
  repository: string;
  /** `false`: the platform says that it cannot be used at present. */
  available: boolean;
}

/**
 * The control plane of one account's instances in one region. It sees no instance of another region or account: there such an id is unknown.
 * Every method repeats what is throttled or not answered, within the time that is left; errors are `denied`, `absent` (no such target
 * instance), `refused`, `invalid` and `transient`.
 */
export interface Instances {
  /** `undefined` if the account has no such instance in this region. */
  describe(instance: string): Promise<Instance | undefined>;
  /** What is shared with an instance. */
  sharedWith(target: string): Promise<SharedRepository[]>;
  /** Ids of instances whose snapshots could be shared with it and are not yet. */
  alternatives(target: string): Promise<string[]>;
  /** Shares the snapshots of `source`. The same token again is the same request, so that one whose answer was lost may be repeated. */
  add(target: string, source: string, token: string): Promise<void>;
  /** Ends the sharing; snapshots and restored indices stay. The token as for `add`. */
  remove(target: string, source: string, token: string): Promise<void>;
}

/** Ids such as `es-cn-0pp1jxvcl000z`. */
export const INSTANCE_ID = /^es-[a-z0-9]+(-[a-z0-9]+)*$/;
export const INSTANCE_ID_FIX = "write the id that the console shows, such as es-cn-0pp1jxvcl000z";

/** Of Alibaba Cloud; it becomes part of the name of an API's host. */
export const REGION = /^[a-z]{2,}(-[a-z0-9]+)+$/;

const SHARED_PREFIX = "aliyun_snapshot_from_";

/** Of an instance's own automatic snapshots, which the platform registers on it. */
const AUTOMATIC = "aliyun_auto_snapshot";

/** Whether the platform registers a repository of this name, over a bucket of its own that no key of the account can read. */
export function isPlatformRepository(name: string): boolean {
  return name === AUTOMATIC || sharedSourceOf(name) !== undefined;
}

/** The instance that takes the snapshots of a shared repository, by the repository's name. */
export function sharedSourceOf(name: string): string | undefined {
  const id = name.startsWith(SHARED_PREFIX) ? name.slice(SHARED_PREFIX.length) : "";
  return INSTANCE_ID.test(id) ? id : undefined;
}

/** The name under which the platform registers it: https://www.alibabacloud.com/help/en/es/user-guide/configure-a-shared-oss-repository */
export function sharedRepositoryName(source: string): string {
  return `${SHARED_PREFIX}${source}`;
}
