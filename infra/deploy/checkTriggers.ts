import { didYouMean, type Fault, fault, nearest } from "../../shared/repository/fault.ts";
import type { OssTrigger, TimerTrigger, Trigger } from "./serverlessSchema.ts";
import { COPIED_EVENTS, triggerYaml } from "./timersFor.ts";

export interface PlacedTrigger<Kind extends Trigger = Trigger> {
  trigger: Kind;
  path: string;
}

/** OSS accepts at most ten native triggers per bucket. */
const TRIGGERS_PER_BUCKET_MAX = 10;

/** Compares a function's timers by name with those required by ossnap.yaml: missing, extra, different. */
export function checkTimers(path: string, found: PlacedTrigger<TimerTrigger>[], expected: TimerTrigger[]): Fault[] {
  return matched(path, "timer", found, expected, (timer, wanted) => {
    const { cronExpression, payload, enable } = timer.trigger.triggerConfig;
    const faults: Fault[] = [];
    if (sameCron(cronExpression) !== sameCron(wanted.triggerConfig.cronExpression)) {
      faults.push(differs(`${timer.path}.triggerConfig.cronExpression`, cronExpression, quoted(wanted.triggerConfig.cronExpression)));
    }
    if (payload !== undefined && payload !== "") {
      const wrong = "must be absent: a timer starts every policy that is due at its time, and a payload would start one only";
      faults.push(fault(`${timer.path}.triggerConfig.payload`, "serverless.payload", wrong, "remove the key", { value: payload }));
    }
    if (!enable) {
      faults.push(differs(`${timer.path}.triggerConfig.enable`, enable, "true"));
    }
    return faults;
  });
}

/** Compares onCopiedBlob's triggers by name with ossnap.yaml's watches: bucket, region, prefix, no suffix, events. */
export function checkWatches(path: string, found: PlacedTrigger<OssTrigger>[], expected: OssTrigger[], region: string): Fault[] {
  return matched(path, "OSS trigger", found, expected, ({ trigger, path: at }, wanted) => {
    const faults: Fault[] = [];
    const place = placeOf(trigger);
    const wantedBucket = placeOf(wanted).bucket;
    if (place.bucket !== wantedBucket) {
      faults.push(differs(`${at}.sourceArn`, trigger.sourceArn, `an ARN that ends in :${wantedBucket}`));
    }
    if (place.region !== region) {
      faults.push(differs(`${at}.sourceArn`, trigger.sourceArn, `an ARN of ${region}, where the functions are`));
    }
    const { prefix, suffix } = trigger.triggerConfig.filter.key;
    if (prefix !== wanted.triggerConfig.filter.key.prefix) {
      faults.push(differs(`${at}.triggerConfig.filter.key.prefix`, prefix, quoted(wanted.triggerConfig.filter.key.prefix)));
    }
    if (suffix !== undefined) {
      const wrong = "must be absent: a root's name has no fixed end, and Function Compute may reject an empty suffix";
      faults.push(fault(`${at}.triggerConfig.filter.key.suffix`, "serverless.suffix", wrong, "remove the key", { value: suffix }));
    }
    const missing = COPIED_EVENTS.filter((event) => !trigger.triggerConfig.events.includes(event));
    if (missing.length > 0) {
      const fix = "list all three ways in which a copied blob appears";
      faults.push(fault(`${at}.triggerConfig.events`, "serverless.events", `lacks ${missing.join(", ")}`, fix));
    }
    return faults;
  });
}

/** Finds pairs of triggers that OSS rejects (same bucket and event, and a key that both would match) and buckets with too many triggers. */
export function checkOverlap(found: PlacedTrigger<OssTrigger>[]): Fault[] {
  const faults: Fault[] = [];
  found.forEach((second, index) => {
    const first = found.slice(0, index).find((other) => overlaps(other.trigger, second.trigger));
    if (first !== undefined) {
      const wrong = `overlaps ${first.path}: same bucket and event, and prefix and suffix that one key can match both`;
      faults.push(fault(second.path, "serverless.overlap", wrong, "make the prefixes exclude each other, for OSS refuses such a pair"));
    }
  });
  const buckets = found.map(({ trigger }) => placeOf(trigger).bucket);
  for (const bucket of new Set(buckets)) {
    const count = buckets.filter((one) => one === bucket).length;
    if (count > TRIGGERS_PER_BUCKET_MAX) {
      const wrong = `bucket ${bucket} has ${count} OSS triggers`;
      faults.push(fault("resources", "serverless.bucket", wrong, `keep to the ${TRIGGERS_PER_BUCKET_MAX} that OSS takes`));
    }
  }
  return faults;
}

function matched<Kind extends TimerTrigger | OssTrigger>(
  path: string,
  kind: string,
  found: PlacedTrigger<Kind>[],
  expected: Kind[],
  compare: (found: PlacedTrigger<Kind>, wanted: Kind) => Fault[],
): Fault[] {
  const faults: Fault[] = [];
  for (const wanted of expected) {
    const same = found.find(({ trigger }) => trigger.triggerName === wanted.triggerName);
    if (same !== undefined) {
      faults.push(...compare(same, wanted));
    } else {
      const wrong = `${kind} ${wanted.triggerName} is missing, which ossnap.yaml calls for`;
      faults.push(fault(`${path}.triggers`, "serverless.missing", wrong, `add\n${triggerYaml(wanted)}`));
    }
  }
  const names = expected.map(({ triggerName }) => triggerName);
  for (const { trigger, path: at } of found.filter((one) => !names.includes(one.trigger.triggerName))) {
    const near = nearest(trigger.triggerName, names);
    const fix = near === undefined ? "remove it, or add it to ossnap.yaml" : didYouMean(trigger.triggerName, names);
    const wrong = `${kind} is extra, for nothing in ossnap.yaml has that name`;
    faults.push(fault(`${at}.triggerName`, "serverless.extra", wrong, fix, { value: trigger.triggerName }));
  }
  return faults;
}

/** Normalises the two spellings of "every minute". */
function sameCron(text: string): string {
  return /^(CRON_TZ=\S+ )?0 \* \* \* \* \*$/.test(text) ? "@every 1m" : text;
}

function differs(path: string, found: string | boolean | undefined, wanted: string): Fault {
  const value = found === undefined ? null : String(found);
  return fault(path, "serverless.differs", "differs from ossnap.yaml", `set it to ${wanted}, or change ossnap.yaml`, { value });
}

function quoted(text: string | undefined): string {
  return text === undefined ? "nothing" : `'${text}'`;
}

function placeOf(trigger: OssTrigger): { region: string; bucket: string } {
  const parts = trigger.sourceArn.replaceAll(/\$\{[^}]*\}/g, "x").split(":");
  return { region: parts[2] ?? "", bucket: parts[4] ?? "" };
}

function overlaps(a: OssTrigger, b: OssTrigger): boolean {
  const [first, second] = [a.triggerConfig.filter.key, b.triggerConfig.filter.key];
  return (
    placeOf(a).bucket === placeOf(b).bucket &&
    a.triggerConfig.events.some((event) => b.triggerConfig.events.includes(event)) &&
    (first.prefix.startsWith(second.prefix) || second.prefix.startsWith(first.prefix)) &&
    endMatches(first.suffix ?? "", second.suffix ?? "")
  );
}

function endMatches(a: string, b: string): boolean {
  return a.endsWith(b) || b.endsWith(a);
}
