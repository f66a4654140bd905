/**
 * How far the work of holds is, as long as their leases live. Every call settles by its `deadline` (ms on the monotonic clock), with a
 * `MaintenanceStoreError` when the store did not answer.
 */
export interface ProgressStore {
  /**
   * Notes how far the work of a hold is, if its lease is alive.
   * @param hold id of the hold, which is the token of its lease, too
   * @returns was it noted
   */
  report(hold: string, text: string, deadline: number): Promise<boolean>;
  /** What was noted of holds that are alive, by their id. */
  read(deadline: number): Promise<ReadonlyMap<string, string>>;
}
