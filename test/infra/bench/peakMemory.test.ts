import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const PRINT = fileURLToPath(new URL("peakMemory/print.ts", import.meta.url));
const HELD_BYTES = 400 * 1024 * 1024;

it("the peak memory of a process says nothing of what its parent held when it started it", async () => {
  const held = Buffer.alloc(HELD_BYTES, 1);
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", PRINT]);
  expect(held.byteLength).toBe(HELD_BYTES);
  expect(Number(stdout)).toBeGreaterThan(10 * 1024 * 1024);
  expect(Number(stdout)).toBeLessThan(HELD_BYTES / 2);
});
