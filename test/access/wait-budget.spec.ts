import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WaitBudget } from '../../lib/access/wait-budget.js';
import type { HttpRequest } from '../../lib/request/http-request.js';

const TOTAL = 40;

const requestWith = (headers: Record<string, string>) => ({ headers }) as unknown as HttpRequest;

describe('a wait budget', () => {
  it('is shared by all waits of a request, however much time passes between them', async () => {
    const budget = new WaitBudget(TOTAL);
    const request = requestWith({});
    expect(budget.left(request)).toBe(TOTAL);
    // timers may fire early
    await budget.spend(request, delay(2 * TOTAL));
    expect(budget.left(request)).toBe(0);
    await delay(2 * TOTAL);
    expect(budget.left(request)).toBe(0);
    expect(budget.left(requestWith({}))).toBe(TOTAL);
  });

  it('counts concurrent waits once', async () => {
    // together they would take 20 seconds
    const budget = new WaitBudget(20_000);
    const request = requestWith({});
    await Promise.all(Array.from({ length: 1_000 }, () => budget.spend(request, delay(20))));
    expect(budget.left(request)).toBeGreaterThan(10_000);
    expect(budget.left(request)).toBeLessThan(19_985);
  });

  it('is separate for each wait of a request that became a WebSocket', async () => {
    const budget = new WaitBudget(TOTAL);
    const request = requestWith({ upgrade: 'websocket' });
    const waited = budget.spend(request, delay(TOTAL));
    expect(budget.left(request)).toBeLessThanOrEqual(TOTAL);
    await waited;
    expect(budget.left(request)).toBe(TOTAL);
  });
});
