import type { PlantedBug } from "../bug.ts";
import { BACKUP_BUGS } from "./backups.ts";
import { COPY_BUGS } from "./copies.ts";
import { ENGINE_BUGS } from "./engine.ts";
import { OVERWRITE_BUGS } from "./overwrites.ts";
import { RESTORE_BUGS } from "./restores.ts";

export const PLANTED_BUGS: readonly PlantedBug[] = [...ENGINE_BUGS, ...BACKUP_BUGS, ...COPY_BUGS, ...RESTORE_BUGS, ...OVERWRITE_BUGS];
