import { parse } from "yaml";
import { firstBlock } from "./docBlocks.ts";

/** The commands of docs/moving.md, in their order. */
export function movingCommands(): string[] {
  return firstBlock("docs/moving.md", "sh").split("\n");
}

/** The configuration of docs/moving.md, with a state. */
export function movingConfig() {
  return {
    version: 1,
    state: { store: "oss", bucket: "ossnap-state", region: "cn-hangzhou" },
    ...parse(firstBlock("docs/moving.md", "yaml")),
  };
}
