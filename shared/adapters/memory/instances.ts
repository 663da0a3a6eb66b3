import { AppError } from "../../model/errors.ts";
import { type Instance, type Instances, sharedRepositoryName } from "../../model/instances/instances.ts";

export interface MemoryInstances extends Instances {
  /** Adds an instance, or changes one. */
  put(instance: Instance): void;
  /** The next call of this operation fails. */
  failNext(operation: keyof Instances, error: AppError): void;
}

/** The instances of one region in memory. */
export function memoryInstances(initial: readonly Instance[] = []): MemoryInstances {
  const known = new Map(initial.map((instance) => [instance.id, instance]));
  const shares = new Map<string, Set<string>>();
  const faults = new Map<keyof Instances, AppError>();
  const fails = (operation: keyof Instances) => {
    const fault = faults.get(operation);
    faults.delete(operation);
    if (fault) throw fault;
  };
  const sharesOf = (target: string) => {
    if (!known.has(target)) throw new AppError("absent", `${target}: the account has no such instance in this region`);
    const own = shares.get(target) ?? new Set();
    shares.set(target, own);
    return own;
  };
  return {
    put: (instance) => void known.set(instance.id, instance),
    failNext: (operation, error) => void faults.set(operation, error),
    async describe(instance) {
      fails("describe");
      return known.get(instance);
    },
    async sharedWith(target) {
      fails("sharedWith");
      const available = (source: string) => known.get(source)?.status === "active";
      return [...sharesOf(target)].map((source) => ({
        instance: source,
        repository: sharedRepositoryName(source),
        available: available(source),
      }));
    },
    async alternatives(target) {
      fails("alternatives");
      const own = sharesOf(target);
      return [...known.keys()].filter((id) => id !== target && !own.has(id));
    },
    async add(target, source) {
      fails("add");
      const own = sharesOf(target);
      if (!known.has(source)) throw new AppError("refused", `the repository of ${source} was not shared with ${target}`);
      own.add(source);
    },
    async remove(target, source) {
      fails("remove");
      sharesOf(target).delete(source);
    },
  };
}
