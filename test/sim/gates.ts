import { CLUSTER_WRITES } from "../../shared/adapters/memory/cluster.ts";
import type { BlobInfo, BlobStore } from "../../shared/model/blobStore.ts";
import type { Cluster } from "../../shared/model/cluster.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { Notifier } from "../../shared/model/notice.ts";
import type { Tasks } from "../../shared/model/tasks.ts";
import type { Actor, Kernel, Request } from "./kernel.ts";

/** A write at the time it is applied, as the checks see it. */
export interface Effect {
  actor: Actor;
  port: string;
  call: string;
  args: readonly unknown[];
  /** When the invocation requested it. */
  askedMs: number;
  /** Absent until it was tried. */
  error?: unknown;
}

/** Notified when a write is requested, right before it is tried, and right after. */
export interface EffectWatch {
  asked(effect: Effect): void;
  before(effect: Effect): Promise<void>;
  after(effect: Effect): Promise<void>;
}

export interface GateOptions {
  kernel: Kernel;
  actor: Actor;
  watch: EffectWatch;
  /** Number of keys per listing page. */
  pageKeys: number;
}

type Call = Pick<Request<unknown>, "port" | "call" | "subject">;

/** Passes a write to the checks when it is applied, however late that is. */
function write<T>({ kernel, actor, watch }: GateOptions, call: Call, args: readonly unknown[], apply: () => Promise<T>): Promise<T> {
  const effect: Effect = { actor, port: call.port, call: call.call, args, askedMs: kernel.nowMs() };
  watch.asked(effect);
  return kernel.gate(actor, {
    ...call,
    writes: true,
    async apply() {
      await watch.before(effect);
      try {
        return await apply();
      } catch (error) {
        effect.error = error;
        throw error;
      } finally {
        await watch.after(effect);
      }
    },
  });
}

/** A store whose requests, including every listing page, wait for the kernel. */
export function gatedStore(options: GateOptions, port: string, store: BlobStore): BlobStore {
  const { kernel, actor } = options;
  const read = <T>(call: string, subject: string, apply: () => Promise<T>) =>
    kernel.gate(actor, { port, call, subject, writes: false, apply });
  return {
    url: store.url,
    async *list(prefix, { startAfter, onDate } = {}) {
      let after = startAfter;
      for (;;) {
        const page = await kernel.gate(actor, {
          port,
          call: "list",
          subject: prefix,
          writes: false,
          apply: () => pageOf(options, store, prefix, after),
          half: (page) => ({ ...page, items: page.items.slice(0, page.items.length / 2), end: "cut" as const }),
        });
        onDate?.(page.date);
        yield* page.items;
        if (page.end === "cut") throw new AppError("transient", `${port}: list ${prefix}: cut half way`);
        if (page.end === "last") return;
        after = page.items.at(-1)?.key;
      }
    },
    head: (key) => read("head", key, () => store.head(key)),
    get: (key, range) => read("get", key, () => store.get(key, range)),
    open: (key, range) => read("open", key, () => store.open(key, range)),
    put: (key, body, putOptions) =>
      write(options, { port, call: "put", subject: key }, [key, body], () => store.put(key, body, putOptions)),
    async putFrom(key, sizeBytes, readPiece, ready) {
      const body = sizeBytes === 0 ? new Uint8Array() : await readPiece({ start: 0, end: sizeBytes });
      ready?.();
      return write(options, { port, call: "putFrom", subject: key }, [key, body], () => store.put(key, body));
    },
    delete: (keys) => write(options, { port, call: "delete", subject: keys.join(",").slice(0, 60) }, [keys], () => store.delete(keys)),
  };
}

interface Page {
  items: BlobInfo[];
  end: "more" | "last" | "cut";
  /** The store's clock when the page was made; its header has a resolution of one second. */
  date: Date;
}

async function pageOf({ kernel, pageKeys }: GateOptions, store: BlobStore, prefix: string, startAfter: string | undefined): Promise<Page> {
  const items: BlobInfo[] = [];
  const date = new Date(Math.floor(kernel.nowMs() / 1000) * 1000);
  for await (const item of store.list(prefix, startAfter === undefined ? {} : { startAfter })) {
    if (items.length === pageKeys) return { items, end: "more", date };
    items.push(item);
  }
  return { items, end: "last", date };
}

/** A cluster whose requests wait for the kernel. */
export function gatedCluster(options: GateOptions, cluster: Cluster): Cluster {
  const port = `cluster:${cluster.name}`;
  const calls = Object.entries(cluster).filter(([, value]) => typeof value === "function") as [
    string,
    (...args: unknown[]) => Promise<unknown>,
  ][];
  const gated = calls.map(([call, run]) => [
    call,
    (...args: unknown[]) => {
      const subject = args
        .map((arg) => (typeof arg === "string" ? arg : JSON.stringify(arg)))
        .join(" ")
        .slice(0, 90);
      const apply = () => run(...args);
      return (CLUSTER_WRITES as readonly string[]).includes(call)
        ? write(options, { port, call, subject }, args, apply)
        : options.kernel.gate(options.actor, { port, call, subject, writes: false, apply });
    },
  ]);
  return { name: cluster.name, ...Object.fromEntries(gated) } as Cluster;
}

export function gatedTasks(options: GateOptions, tasks: Tasks): Tasks {
  return {
    start: (name, id, payload) =>
      write(options, { port: "tasks", call: "start", subject: id }, [id, payload], () => tasks.start(name, id, payload)),
    state: (name, id) =>
      options.kernel.gate(options.actor, { port: "tasks", call: "state", subject: id, writes: false, apply: () => tasks.state(name, id) }),
  };
}

export function gatedNotifier(options: GateOptions, notifier: Notifier): Notifier {
  return {
    name: notifier.name,
    send: (notice, sentAt) =>
      write(options, { port: "notifier", call: "send", subject: notice.key }, [notice], () => notifier.send(notice, sentAt)),
  };
}
