import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { request } from '../support/http.js';
import { TestClient } from './clients.js';
import { Storm } from './storm.js';

// `npm run bench -- storm` does it with 10,000, beside bare Socket.IO
const CLIENTS = 4_000;
const MB = 1024 * 1024;

/** Asks again and again until it is told to stop; gives how long the answers took. */
function bystander(ask: () => Promise<unknown>): { stop: () => Promise<number[]> } {
  const took: number[] = [];
  const end = new AbortController();
  const asking = (async () => {
    while (!end.signal.aborted) {
      const begun = performance.now();
      await ask();
      took.push(performance.now() - begun);
      await pause(100);
    }
  })();
  // the failure is told by stop()
  asking.catch(() => undefined);
  return {
    stop: async () => {
      end.abort();
      await asking;
      return took;
    },
  };
}

it(`${CLIENTS} clients that are disconnected and reconnect at once get one status each, and others are served meanwhile`, async () => {
  await using storm = await Storm.start('library', 1);
  const { port } = storm.server.facts;
  using spared = await TestClient.connect(`http://127.0.0.1:${port}`);
  // what the first clients leave behind for good is not theirs
  await storm.gather(250);
  await storm.leave(1);
  const empty = await storm.heap();
  await storm.gather(CLIENTS);
  const full = await storm.heap();
  await storm.throwOut(1);
  const socket = bystander(async () => {
    expect(await spared.ask({ key: 'general' })).toMatchObject({ currentMode: false });
  });
  const http = bystander(async () => {
    expect((await request(port, '/maintenance/ping')).status).toBe(200);
  });
  const { back, p99, longest } = await storm.back(CLIENTS);
  const [bySocket, byHttp] = [await socket.stop(), await http.stop()];
  expect(await storm.crowd()).toMatchObject({ told: CLIENTS, statuses: CLIENTS, closed: 0 });

  // a change in the middle of the next storm reaches everybody all the same
  await storm.throwOut(1);
  await storm.server.send('set', true);
  await storm.back(CLIENTS);
  await storm.sees(({ closed }) => closed === CLIENTS, 'all to have heard');
  const again = await storm.heap();
  await storm.leave(1);
  const left = await storm.heap();

  const of = (took: number[]) =>
    `${took.length} answers, the longest took ${Math.max(...took).toFixed(0)} ms`;
  console.log(
    `${CLIENTS} clients back after ${back.toFixed(0)} ms; event loop delay p99 ${p99.toFixed(0)} ms, longest ` +
      `${longest.toFixed(0)} ms; bystanders: socket ${of(bySocket)}, HTTP ${of(byHttp)}; heap in MB: ` +
      [empty, full, again, left].map((bytes) => (bytes / MB).toFixed(1)).join(', '),
  );
  expect(p99).toBeLessThan(2_000);
  for (const took of [bySocket, byHttp]) expect(took.length).toBeGreaterThan(1);
  expect(again).toBeLessThan(full * 1.15);
  expect(left - empty).toBeLessThan((full - empty) * 0.2);
}, 120_000);

it("the application's permission checks are spread when many clients connect together", async () => {
  await using storm = await Storm.start('asking', 1);
  await storm.gather(1_000);
  await storm.throwOut();
  await storm.back(1_000);
  const { most, all } = await storm.server.send<{ most: number; all: number }>('asked');
  expect(await storm.crowd()).toMatchObject({ told: 1_000, statuses: 1_000 });
  expect(all).toBeGreaterThanOrEqual(2_000);
  expect(most).toBeGreaterThan(50);
  expect(most).toBeLessThanOrEqual(100);
}, 60_000);
