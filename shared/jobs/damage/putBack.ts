import { stateKey } from "../../state/keys.ts";

/** What helps where a record of a job is damaged. */
export function putBack(id: string): string {
  return `put the object back, or delete everything below ${stateKey.job(id)} if the job is not needed any more`;
}
