import { setTimeout as pause } from 'node:timers/promises';
import { Child } from '../../support/child.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';
import { median, shuffle } from '../statistics.js';

/** Few clients are told in so little time that chance weighs more. */
const roundsFor = (clients: number): number => (clients < 5_000 ? 60 : 15);
const CLIENT_PROCESSES = 2;

interface Told {
  /** Milliseconds until the last client had heard. */
  readonly last: number;
  /** Milliseconds of CPU time: the longest block of the event loop, and all of it. */
  readonly block: number;
  readonly cpu: number;
}

class Stage {
  private mode = false;

  private constructor(
    private readonly server: Child<{ port: number }>,
    private readonly crowd: readonly Child[],
    private readonly count: number,
  ) {}

  static async start(variant: string, crowd: readonly Child[], count: number): Promise<Stage> {
    const app = new URL('../apps/realtime-server.js', import.meta.url);
    const server = await Child.start<{ port: number }>(app, { args: [variant], timeout: 60_000 });
    return new Stage(server, crowd, count);
  }

  /** Bytes of the heap that each idle client takes. */
  async fill(): Promise<number> {
    const { port } = this.server.facts;
    // what the first clients leave behind for good is not theirs
    await this.crowd[0]?.send('connect', port, 20);
    const before = await this.server.send<number>('heap');
    const share = (this.count - 20) / this.crowd.length;
    await Promise.all(
      this.crowd.map((clients, index) =>
        clients.send('connect', port, index === 0 ? Math.ceil(share) : Math.floor(share)),
      ),
    );
    await pause(500);
    return ((await this.server.send<number>('heap')) - before) / (this.count - 20);
  }

  async tell(): Promise<Told> {
    const { port } = this.server.facts;
    await Promise.all(this.crowd.map((clients) => clients.send('reset', port)));
    this.mode = !this.mode;
    const begun = await this.server.send<number>('tell', this.mode);
    const last = await this.lastHeard(port);
    const cost = await this.server.send<{ block: number; cpu: number }>('cost');
    return { last: last - begun, ...cost };
  }

  stop(): Promise<void> {
    return this.server.kill();
  }

  private async lastHeard(port: number): Promise<number> {
    for (;;) {
      // looking takes time from those who are watched: usually all is over by then
      await pause(Math.max(20, this.count / 40));
      const heard = await Promise.all(
        this.crowd.map((clients) => clients.send<{ heard: number; last: number }>('heard', port)),
      );
      if (heard.reduce((sum, { heard }) => sum + heard, 0) >= this.count) {
        return Math.max(...heard.map(({ last }) => last));
      }
    }
  }
}

/** Telling many clients of one change, beside a bare Socket.IO namespace that emits the same bytes. */
export async function realtime(report: Report, { clients }: Effort): Promise<void> {
  for (const count of clients) {
    await telling(report, count);
  }
}

async function telling(report: Report, count: number): Promise<void> {
  const section = `${count} clients`;
  const crowd = await Promise.all(
    Array.from({ length: CLIENT_PROCESSES }, () =>
      Child.start(new URL('../apps/realtime-clients.js', import.meta.url)),
    ),
  );
  const bare = await Stage.start('bare', crowd, count);
  const library = await Stage.start('library', crowd, count);
  const heap = [await library.fill(), await bare.fill()] as const;
  const told = { bare: [] as Told[], again: [] as Told[], library: [] as Told[] };
  for (let round = -2; round < roundsFor(count); round++) {
    for (const name of shuffle(['bare', 'again', 'library'] as const)) {
      const result = await (name === 'library' ? library : bare).tell();
      if (round >= 0) told[name].push(result);
      await pause(20);
    }
  }
  const ratios = (of: Told[], by: keyof Told) =>
    of.map((each) => each[by] / median(told.bare.map((own) => own[by])));
  const ms = (what: string, by: keyof Told, of: Told[]) =>
    report.values(
      { section, what, beside: 'ms', limit: undefined },
      of.map((each) => each[by]),
    );
  ms('last client hears, bare emit', 'last', told.bare);
  ms('last client hears', 'last', told.library);
  ms('longest block, bare emit', 'block', told.bare);
  ms('longest block', 'block', told.library);
  ms('CPU time of the server, bare emit', 'cpu', told.bare);
  ms('CPU time of the server', 'cpu', told.library);
  report.values(
    { section, what: 'last client hears', beside: 'bare emit', limit: { most: 1.1 } },
    ratios(told.library, 'last'),
  );
  report.values(
    { section, what: 'last client hears, bare again', beside: 'bare emit', limit: undefined },
    ratios(told.again, 'last'),
  );
  const limit = count >= 10_000 ? { most: 0.1 } : undefined;
  report.values(
    { section, what: 'longest block', beside: 'bare emit', limit },
    ratios(told.library, 'block'),
  );
  report.add({
    section,
    what: 'heap per idle client, bare',
    beside: 'bytes',
    median: heap[1],
    spread: undefined,
    limit: undefined,
  });
  report.add({
    section,
    what: 'heap per idle client',
    beside: 'bare',
    median: heap[0] / heap[1],
    spread: undefined,
    limit: { most: 1.2 },
  });
  await Promise.all([bare.stop(), library.stop(), ...crowd.map((clients) => clients.kill())]);
}
