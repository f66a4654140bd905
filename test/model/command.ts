import type * as fc from 'fast-check';
import { vi } from 'vitest';
import type { Cluster } from './cluster.js';
import type { Contract } from './contract.js';

export type Command = fc.AsyncCommand<Contract, Cluster>;

/** Ms: commands begin at multiples of this, and windows begin and end between them. */
const STEP = 100;

/** To the next moment at which nothing comes by itself for a while. */
export async function toNextStep(): Promise<void> {
  await vi.advanceTimersByTimeAsync(STEP - (Date.now() % STEP || STEP));
}

/** A command is a name for failures, and what it does to the contract and to the cluster; then all must agree. */
export const command = (
  name: string,
  run: (contract: Contract, cluster: Cluster, begun: number) => Promise<void>,
): Command => ({
  check: () => true,
  run: async (contract, cluster) => {
    await toNextStep();
    contract.prune();
    const begun = Date.now();
    await run(contract, cluster, begun);
    await cluster.expectAgreement(contract, begun);
  },
  toString: () => name,
});
