import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { MaintenanceConflictError, UnknownMaintenanceWindowError } from '../../lib/core/errors/errors.js';
import { command } from './command.js';
import { isPending, nextSpan, overlap, spanAt, type Plan } from './plan.js';
import { KEYS, settled, type Key } from './replica.js';

/** Milliseconds between two occurrences of those that repeat, and the pattern that says so. */
const EVERY = 20_000;
const CRON = '*/20 * * * * *';

interface Scheduling {
  readonly replica: number;
  readonly key: Key;
  /** In tenths of a second, as all that follows. */
  readonly ahead: number;
  readonly duration: number;
  readonly readOnly: number;
  readonly reopenOver: number;
  readonly announce: number | false;
  readonly repeats: boolean;
}

const scheduling = (wish: Scheduling) =>
  command(
    `schedule ${wish.key} at ${wish.replica}: ${JSON.stringify(wish)}`,
    async (contract, cluster, begun) => {
      const { key, repeats, announce } = wish;
      const ms = (tenths: number): number => tenths * 100;
      // between the moments at which commands begin
      const ahead = begun + ms(wish.ahead) + 50;
      const start = repeats ? Math.ceil(ahead / EVERY) * EVERY : ahead;
      const duration = ms(repeats ? Math.min(wish.duration, 90) : wish.duration) + (repeats ? 50 : 0);
      const times = {
        duration,
        readOnly: Math.min(ms(wish.readOnly), duration),
        reopenOver: ms(wish.reopenOver),
        announce: announce === false ? announce : ms(announce),
      };
      const plan = { ...times, key, start, every: repeats ? EVERY : null, last: Infinity, ended: new Map() };
      const one = cluster.at(wish.replica);
      const outcome = await settled(
        one.windows.schedule(one.key(key), {
          ...times,
          start: new Date(ahead),
          ...(repeats && { repeat: { cron: CRON, timeZone: 'UTC' } }),
        }),
      );
      const rivals = contract.plansOf(key).filter((other) => isPending(other, begun));
      if (rivals.some((other) => overlap({ ...plan, id: '' }, other, begun))) {
        const refused = 'error' in outcome && outcome.error instanceof MaintenanceConflictError;
        assert.ok(refused, 'windows of a key do not overlap');
        return;
      }
      if ('error' in outcome) throw outcome.error;
      assert.equal(outcome.value.start.getTime(), start, 'it begins when it was planned to');
      const { id } = outcome.value;
      contract.planned.push(`scheduled:${id}`);
      contract.schedule({ ...plan, id }, begun);
    },
  );

interface Moving {
  readonly replica: number;
  readonly pick: number;
  /** In tenths of a second, as the next one. */
  readonly ahead: number;
  readonly duration: number;
}

const moving = ({ replica, pick, ahead, duration }: Moving) =>
  command(
    `move the ${pick}th window at ${replica} by ${ahead}, for ${duration}`,
    async (contract, cluster, begun) => {
      const pending = contract.plans.filter((plan) => plan.every === null && isPending(plan, begun));
      const plan = pending[pick % (pending.length || 1)];
      if (!plan) return;
      const times = {
        start: begun + ahead * 100 + 50,
        duration: duration * 100,
        readOnly: Math.min(plan.readOnly, duration * 100),
      };
      const moved: Plan = { ...plan, ...times, ended: new Map() };
      const { windows } = cluster.at(replica);
      const outcome = await settled(windows.update(plan.id, { ...times, start: new Date(times.start) }));
      const rivals = contract.plansOf(plan.key).filter((other) => other !== plan && isPending(other, begun));
      if (rivals.some((other) => overlap(moved, other, begun))) {
        const refused = 'error' in outcome && outcome.error instanceof MaintenanceConflictError;
        assert.ok(refused, 'windows of a key do not overlap');
        return;
      }
      if ('error' in outcome) throw outcome.error;
      contract.planned.push(`scheduled:${plan.id}`);
      contract.move(plan, moved, begun);
    },
  );

interface Cancelling {
  readonly replica: number;
  readonly pick: number;
  /** The whole window, or the occurrence that is on or comes next. */
  readonly whole: boolean;
}

const cancelling = ({ replica, pick, whole }: Cancelling) =>
  command(
    `cancel ${whole ? '' : 'an occurrence of '}the ${pick}th window at ${replica}`,
    async (contract, cluster, begun) => {
      const pending = contract.plans.filter((plan) => isPending(plan, begun));
      const plan = pending[pick % (pending.length || 1)];
      const { windows } = cluster.at(replica);
      if (!plan) {
        const outcome = await settled(windows.cancel('none', {}));
        assert.ok('error' in outcome && outcome.error instanceof UnknownMaintenanceWindowError);
        return;
      }
      const span = spanAt(plan, begun) ?? nextSpan(plan, begun)!;
      const outcome = await settled(
        windows.cancel(plan.id, whole ? {} : { occurrence: new Date(span.start) }),
      );
      if ('error' in outcome) throw outcome.error;
      contract.planned.push(`cancelled:${plan.id}`);
      contract.change(plan.key, begun, () => end(plan, span.start, whole, begun, contract));
    },
  );

function end(
  plan: Plan,
  start: number,
  whole: boolean,
  now: number,
  contract: { endSpan(key: Key, at: number): void },
): void {
  if (start <= now) contract.endSpan(plan.key, now);
  else if (!whole) plan.ended.set(start, start);
  if (whole) plan.last = start <= now ? start : -Infinity;
}

const replica = fc.nat({ max: 2 });
const key = fc.constantFrom(...KEYS, KEYS[0]);
const tenths = (max: number) => fc.nat({ max });

/** What may happen to planned windows. */
export const planning = [
  fc
    .record({
      replica,
      key,
      ahead: tenths(150),
      duration: fc.integer({ min: 1, max: 150 }),
      readOnly: fc.oneof(fc.constant(0), tenths(100)),
      reopenOver: fc.oneof(fc.constant(0), tenths(100)),
      announce: fc.oneof(fc.constant(false as const), tenths(100)),
      repeats: fc.boolean(),
    })
    .map(scheduling),
  fc
    .record({
      replica,
      pick: fc.nat({ max: 3 }),
      ahead: tenths(150),
      duration: fc.integer({ min: 1, max: 150 }),
    })
    .map(moving),
  fc.record({ replica, pick: fc.nat({ max: 3 }), whole: fc.boolean() }).map(cancelling),
];
