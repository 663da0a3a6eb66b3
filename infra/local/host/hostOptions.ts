import type { ReceivedNotice } from "./noticeBoard.ts";
import type { Versions } from "./plan.ts";

/** Options of the local host. */
export interface LocalHostOptions {
  onNote?(text: string): void;
  onNotice?(notice: ReceivedNotice): void;
  onLog?(line: string): void;
  /** Changes ossnap.yaml, the text that the functions get. */
  configured?(configText: string): string;
  /** Served in place of the clone's ossnap.yaml, by the functions and for the command line. */
  configFile?: string | undefined;
  environment?: Readonly<Record<string, string | undefined>>;
  /** Defaults to 5.5.2 and 5.5.3, or to the versions with which the data directory was created. */
  versions?: Versions | undefined;
  /** Stores everything here and continues from its contents; without it a fresh directory is created and removed with the host. */
  dataDirectory?: string | undefined;
}
