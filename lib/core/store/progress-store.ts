/**
 * How far the work of holds is, as long as their leases live. Every call settles by its `deadline` (ms on the monotonic clock),
 * with a `MaintenanceStoreError` if the store did not answer.
 */
export interface ProgressStore {
  /**
   * Records how far the work of a hold is, if its lease is alive.
   * @param hold id of the hold, which is also the token of its lease
   * @returns whether it was recorded
   */
  report(hold: string, text: string, deadline: number): Promise<boolean>;
  /** The recorded progress of holds that are alive, by their id. */
  read(deadline: number): Promise<ReadonlyMap<string, string>>;
}
