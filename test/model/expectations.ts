import assert from 'node:assert/strict';
import { HistoryReader } from '../../lib/core/history/history-reader.js';
import type { Contract } from './contract.js';
import type { MemoryServer } from './memory-server.js';
import { KEYS, settled, type ModelReplica } from './replica.js';

/** Visitors from the first in the line to the last. */
const PLACES = [0, 0.25, 0.5, 0.999_999];
const HOOKS: ReadonlySet<string> = new Set(['announced', 'entering', 'exiting', 'overrun']);

/** Every replica refuses those whom the contract refuses, now. */
export function expectRefusals(contract: Contract, replicas: readonly ModelReplica[]): void {
  for (const key of KEYS) {
    for (const reads of [true, false]) {
      for (const place of PLACES) {
        const expected = contract.refuses(key, place, reads);
        if (expected === undefined) continue;
        for (const [index, replica] of replicas.entries()) {
          const who = `${reads ? 'a read' : 'a write'} by the visitor at ${place} to ${key} on replica ${index}`;
          assert.deepEqual(replica.refuses(key, place, reads), expected, who);
        }
      }
    }
  }
}

/** What windows call hooks for has called them once in the cluster, and nothing else has. */
export function expectHooks(contract: Contract, called: MemoryServer['called']): void {
  const isSure = (moment: number): boolean =>
    !contract.doubts.some(({ from, to }) => from <= moment && moment <= to);
  const due = contract.openings.turns.filter(({ event }) => HOOKS.has(event));
  const names = new Map(due.map((turn) => [`${turn.event}:${turn.id}:${turn.start}`, turn]));
  const count = (name: string): number => called.filter((other) => other.name === name).length;
  for (const { name, at } of called) {
    assert.ok(names.has(name) || !isSure(at), `a hook was called for no cause: ${name}`);
    assert.equal(count(name), 1, `the hook for ${name} was called more than once`);
  }
  for (const [name, { at }] of names)
    assert.ok(count(name) === 1 || !isSure(at), `no hook was called for ${name}`);
}

/** Each thing that was done to windows, and each that has come by itself, is in the history once. */
export async function expectHistory(contract: Contract, replica: ModelReplica): Promise<void> {
  contract.prune();
  const outcome = await settled(
    new HistoryReader(replica.manager).read({ key: undefined, since: 0, limit: 10_000 }),
  );
  assert.ok('value' in outcome, 'the history can be read');
  const counts = new Map<string, number>();
  for (const { id, event, window } of outcome.value) {
    const [, turn, subject] = id.split(':');
    const name = turn === 'begin' || turn === 'end' ? `${turn}:${subject}:${window?.start.getTime()}` : event;
    const said = event === 'scheduled' || event === 'cancelled' ? `${event}:${window?.id}` : name;
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  const turns = contract.openings.turns.filter(({ event }) => event === 'begin' || event === 'end');
  const expected = [...turns.map(({ event, id, start }) => `${event}:${id}:${start}`), ...contract.planned];
  for (const name of new Set(expected)) {
    const times = expected.filter((other) => other === name).length;
    assert.equal(counts.get(name) ?? 0, times, `${name} in the history`);
  }
}
