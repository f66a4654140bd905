import { afterEach, expect, it, vi } from 'vitest';
import { RedisClock } from '../../lib/core/store/redis/redis-clock.js';

afterEach(() => {
  vi.useRealTimers();
});

it('the clock is this machine’s until Redis has answered', () => {
  const clock = new RedisClock();
  expect(clock.heard).toBe(false);
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
});

it('the clock continues monotonically, whatever this machine’s clock does', () => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] });
  const clock = new RedisClock();
  clock.hear(50_000, performance.now());
  vi.setSystemTime(0);
  vi.advanceTimersByTime(300);
  expect(clock.now()).toBe(50_300);
});

it('the clock does not run back after a slow answer', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const clock = new RedisClock();
  clock.hear(50_000, performance.now());
  const asked = performance.now();
  vi.advanceTimersByTime(400);
  // read at 50,010, and 390 ms on its way
  clock.hear(50_010, asked);
  expect(clock.now()).toBe(50_400);
});

it('the clock is never ahead of the answer of Redis, however long that took', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const clock = new RedisClock();
  const asked = performance.now();
  vi.advanceTimersByTime(400);
  clock.hear(50_010, asked);
  expect(clock.now()).toBe(50_010);
  clock.hear(50_300, performance.now());
  expect(clock.now()).toBe(50_300);
});

it('the clock follows the clock of Redis back when that is set back', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const clock = new RedisClock();
  clock.hear(50_000, performance.now());
  clock.hear(20_000, performance.now());
  expect(clock.now()).toBe(20_000);
});

it('the latest that the clock may show is never behind Redis, and as near to it as the fastest answer allows', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const clock = new RedisClock();
  const answerOf = (told: number, took: number): void => {
    const asked = performance.now();
    vi.advanceTimersByTime(took);
    clock.hear(told, asked);
  };
  answerOf(50_010, 400);
  expect([clock.now(), clock.latest()]).toEqual([50_010, 50_411]);
  answerOf(50_250, 10);
  expect([clock.now(), clock.latest()]).toEqual([50_250, 50_261]);
  answerOf(50_260, 300);
  expect([clock.now(), clock.latest()]).toEqual([50_550, 50_561]);
  // set forward, and back
  answerOf(90_000, 0);
  expect([clock.now(), clock.latest()]).toEqual([90_000, 90_001]);
  answerOf(20_000, 0);
  expect([clock.now(), clock.latest()]).toEqual([20_000, 20_001]);
});
