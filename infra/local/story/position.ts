import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../host/writeAtomically.ts";

const DAY_MS = 86_400_000;
const POSITION_FILE = "story.json";

/** The position in the story of a run directory, so that a killed host resumes from it. */
export interface StoryPosition {
  /** Chosen once, because a night's slot identifies its backup. */
  nights: Date[];
  /** Number of completed scenes; the next one is played again from its start and detects what is already done. */
  scenesPlayed: number;
}

/** The story's stored position for this run directory, or a new one with the given number of nights. */
export function openPosition(run: string, nights: number): StoryPosition {
  try {
    const kept = JSON.parse(readFileSync(join(run, POSITION_FILE), "utf8")) as { nights: string[]; scenesPlayed: number };
    return { ...kept, nights: kept.nights.map((night) => new Date(night)) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const position = { nights: pastNights(nights), scenesPlayed: 0 };
    keepPosition(run, position);
    return position;
  }
}

export function keepPosition(run: string, position: StoryPosition): void {
  writeAtomically(join(run, POSITION_FILE), JSON.stringify(position));
}

/** 01:30 in Shanghai on each of the past days, oldest first. */
function pastNights(count: number): Date[] {
  const today = new Date();
  const last = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate(), 17, 30) - 2 * DAY_MS;
  return Array.from({ length: count }, (_, index) => new Date(last - (count - 1 - index) * DAY_MS));
}
