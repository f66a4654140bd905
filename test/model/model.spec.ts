import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import { happenings } from './commands.js';
import { Cluster } from './cluster.js';
import { Contract } from './contract.js';
import { expectHistory } from './expectations.js';

/** MODEL_RUNS=5000: longer sequences of chance, before a release. */
const RUNS = Number(process.env.MODEL_RUNS ?? 200);

beforeEach(() => {
  vi.useFakeTimers({
    now: 1_800_000_000_000,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('three replicas over one store', () => {
  it('keep the contract under every sequence of commands', async () => {
    const property = fc.asyncProperty(fc.commands(happenings, { maxCommands: 25 }), async (commands) => {
      const cluster = await Cluster.start(3);
      try {
        const model = new Contract();
        await fc.asyncModelRun(() => ({ model, real: cluster }), commands);
        await expectHistory(model, cluster.at(0));
      } finally {
        cluster.stop();
        await vi.advanceTimersByTimeAsync(3_000);
      }
    });
    await fc.assert(property, { numRuns: RUNS });
  }, 300_000);
});
