/** What limits a restore on each data node, in bytes a second. */
export interface RestoreRates {
  nodes: number;
  /** `indices.recovery.max_bytes_per_sec` as the cluster has it, such as `40mb`; undefined if it does not tell. */
  recovery: string | undefined;
  /** `max_restore_bytes_per_sec` of the repository; `null` for none. */
  repository: number | null | undefined;
}
