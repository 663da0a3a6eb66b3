import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { MOVED, SECRET } from "../names.ts";
import { isWriteOn, type MakeCheck } from "./check.ts";

/** The total that an invocation may sleep besides its retry pauses: a few polls after an effect. */
const SLEEP_MS_MAX = 20_000;

/** 6: no invocation waits for a cluster, and none starts work there when its time is over. */
export const neverWaits: MakeCheck = ({ kernel, violated }) => ({
  number: 6,
  name: "no function waits for a cluster",
  asked({ actor, port, call }) {
    if (actor.waitedMs > SLEEP_MS_MAX) violated(`${actor.name} has slept ${actor.waitedMs} ms`);
    if (port.startsWith("cluster:") && kernel.nowMs() > actor.deadlineMs && !actor.wasFrozen)
      violated(`${actor.name} requests ${call} after its deadline`);
  },
});

/** 9: without the state's identity nothing is done; while paused no effect is applied; a serving index is never deleted. */
export const refusesWhenInDoubt: MakeCheck = ({ stage, kernel, violated }) => {
  const since = new Map<string, number>();
  const stood = (key: string, startedMs: number) => (since.get(key) ?? Number.POSITIVE_INFINITY) < startedMs;
  const note = (key: string, holds: boolean) => {
    if (!holds) since.delete(key);
    else if (!since.has(key)) since.set(key, kernel.nowMs());
  };
  return {
    number: 9,
    name: "refuses when in doubt",
    async before(effect) {
      const { actor, port, call } = effect;
      const what = `${actor.name}: ${call} on ${port}`;
      if (stood("lost", actor.startedMs)) violated(`${what}, although the state's identity was missing when the invocation started`);
      const applies = port.startsWith("cluster:") || port === `oss:${MOVED.bucket}`;
      if (applies && stood("paused", actor.startedMs)) violated(`${what}, although ossnap was paused when the invocation started`);
      if (!isWriteOn(effect, "cluster:target", "deleteIndex")) return;
      const index = (await stage.target.listIndices()).find(({ name }) => name === effect.args[0]);
      if (index && (index.aliases.length > 0 || index.settings[JOB_MARKER_KEY] === undefined))
        violated(`${what}: ${index.name} is serving or foreign`);
    },
    step() {
      note("lost", !stage.state.has(stateKey.identity));
      note("paused", stage.state.has(stateKey.paused));
    },
  };
};

const FORMS = [SECRET, encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1)];
const holdsSecret = (text: string) => FORMS.some((form) => text.includes(form));

/** 10: secrets appear in no state object, log line or notice. */
export const secretsShowNowhere: MakeCheck = ({ stage, violated }) => ({
  number: 10,
  name: "secrets appear nowhere",
  before(effect) {
    if (isWriteOn(effect, "state", "put") && holdsSecret(Buffer.from(effect.args[1] as Uint8Array).toString()))
      violated(`the secret is in ${effect.args[0]}`);
    if (isWriteOn(effect, "notifier", "send") && holdsSecret(JSON.stringify(effect.args[0]))) violated("the secret is in a notice");
  },
  step() {
    for (const line of stage.lines.splice(0)) if (holdsSecret(line)) violated(`the secret is in a log line: ${line.slice(0, 200)}`);
  },
});
