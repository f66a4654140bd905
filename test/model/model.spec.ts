import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import { happenings } from './commands.js';
import { Cluster, Contract } from './contract.js';

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
        await fc.asyncModelRun(() => ({ model: new Contract(), real: cluster }), commands);
      } finally {
        cluster.stop();
        await vi.advanceTimersByTimeAsync(3_000);
      }
    });
    await fc.assert(property, { numRuns: 200 });
  }, 300_000);
});
