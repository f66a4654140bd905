import { Subject } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MaintenanceKey } from 'nestjs-maintenance';
import { MaintenanceStoreError } from '../../lib/core/errors/errors.js';
import { HoldReleases } from '../../lib/core/service/hold-releases.js';

const key = new MaintenanceKey('billing');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store that answers each write like that, and when it was asked. */
function releases(answer: () => Error | null) {
  const health$ = new Subject<{ up: boolean }>();
  const asked: number[] = [];
  const warned: string[] = [];
  const begun = Date.now();
  const write = (): Promise<null> => {
    asked.push(Date.now() - begun);
    const error = answer();
    return error ? Promise.reject(error) : Promise.resolve(null);
  };
  const made = new HoldReleases(
    { write, health$ } as never,
    { notify: () => Promise.resolve() } as never,
    (message) => warned.push(message),
  );
  return { made, health$, asked, warned };
}

const refused = () => new MaintenanceStoreError('NOPERM', 'refused');
const unknown = () => new MaintenanceStoreError('gone', 'unknown');

it('retries less often the longer it is refused for certain, and logs it once', async () => {
  const { made, asked, warned } = releases(refused);
  await made.release(key, 'hold');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
  expect(warned).toHaveLength(1);
  await made.close();
});

it('retries each second if the outcome is unknown', async () => {
  const { made, asked } = releases(unknown);
  await made.release(key, 'hold');
  await vi.advanceTimersByTimeAsync(4_500);
  expect(asked).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  await made.close();
});

it('retries at once when the store is healthy again, and stops after success', async () => {
  let well = false;
  const { made, health$, asked } = releases(() => (well ? null : refused()));
  await made.release(key, 'hold');
  await vi.advanceTimersByTimeAsync(8_000);
  health$.next({ up: false });
  expect(asked).toHaveLength(4);
  well = true;
  health$.next({ up: true });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([0, 1_000, 3_000, 7_000, 8_000]);
  health$.next({ up: true });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(5);
});

it('is not closed while a hold is on its way out of the state', async () => {
  let arrive!: () => void;
  const under = new Promise<null>((resolve) => (arrive = () => resolve(null)));
  const write = vi.fn(() => under);
  const made = new HoldReleases({ write, health$: new Subject() } as never, {} as never, () => undefined);
  const given = vi.fn(() => Promise.resolve(true));
  const released = made.release(key, 'hold', undefined, { giveBack: given });
  const closed = vi.fn();
  const closing = made.close().then(closed);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(closed).not.toHaveBeenCalled();
  arrive();
  await Promise.all([released, closing]);
  expect(write).toHaveBeenCalledOnce();
  expect(given).toHaveBeenCalledOnce();
});
