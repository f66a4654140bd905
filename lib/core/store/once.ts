/** The outcome of a claim: the caller has it, somebody else has it for now, or the thing is done. */
export type ClaimOutcome = 'granted' | 'taken' | 'done';

/**
 * Remembers what must be done once in the whole cluster. Every call settles by its `deadline` (ms on the monotonic clock) and
 * rejects with a `MaintenanceStoreError` if the store did not answer.
 */
export interface OnceStore {
  /**
   * Claims something by its name, for so many ms: if the claimant dies before it is done, others can claim it.
   * @param token identifies the claimant
   * @param remembered as for {@link finish}
   */
  claim(
    name: string,
    token: string,
    lease: number,
    deadline: number,
    remembered?: number,
  ): Promise<ClaimOutcome>;
  /**
   * It is done. That is remembered as long as anybody asks, and for so many ms afterwards.
   * @param remembered default: well over a month
   */
  finish(name: string, token: string, deadline: number, remembered?: number): Promise<void>;
}
