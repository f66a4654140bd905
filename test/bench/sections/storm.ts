import { Storm, type StormResult } from '../../realtime/storm.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';

const ROUNDS = 3;
const APPS = new URL('../../apps/', import.meta.url);

/** All clients of a gateway thrown out at once, and back at once, beside bare Socket.IO. */
export async function storm(report: Report, { clients }: Effort): Promise<void> {
  for (const count of clients.filter((count) => count === 1_000 || count === 10_000)) {
    await measureStorm(report, count);
  }
}

async function measureStorm(report: Report, count: number): Promise<void> {
  const section = `${count} clients come back at once`;
  for (const variant of ['bare', 'library', 'asking'] as const) {
    await using storm = await Storm.start(variant, 2, APPS);
    // what the first clients leave behind for good is not theirs
    await storm.gather(250);
    await storm.leave();
    const empty = await storm.heap();
    await storm.gather(count);
    const full = await storm.heap();
    const rounds: StormResult[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await storm.throwOut();
      rounds.push(await storm.back(count));
    }
    const again = await storm.heap();
    await storm.leave();
    const left = await storm.heap();
    const ms = (what: string, by: 'back' | 'cpu' | 'p99' | 'longest') =>
      report.values(
        { section, what: `${variant}: ${what}`, beside: 'ms', limit: undefined },
        rounds.map((round) => round[by]),
      );
    ms('last client is back', 'back');
    ms('CPU time of the server', 'cpu');
    ms('event loop delay, p99', 'p99');
    ms('event loop delay, longest', 'longest');
    const heap = (what: string, median: number, most?: number) =>
      report.add({
        section,
        what: `${variant}: heap ${what}`,
        beside: most === undefined ? 'kB' : 'before',
        median,
        spread: undefined,
        limit: most === undefined ? undefined : { most },
      });
    heap('with nobody', empty / 1024);
    heap('with all', full / 1024);
    heap(`with all, ${ROUNDS} storms later`, again / full, 1.1);
    heap('with nobody, afterwards', left / 1024);
  }
}
