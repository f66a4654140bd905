import { performance } from 'node:perf_hooks';
import type { Crowd } from '../apps/storm-clients.js';
import type { ServerLoad } from '../apps/storm-server.js';
import { Child } from '../support/child.js';
import { until } from '../support/until.js';

/** Clients that come in one go, as many as a server's queue of connections holds. */
const WAVE = 250;

/** What a storm came to. */
export interface StormResult extends ServerLoad {
  /** Milliseconds until the last client was back. */
  readonly back: number;
}

/** A gateway and a crowd of clients, each in processes of their own. */
export class Storm {
  #thrownOut = 0;

  private constructor(
    readonly server: Child<{ port: number }>,
    private readonly crowds: readonly Child[],
  ) {}

  /** @param apps folder of the compiled applications, where it is not that of the specs */
  static async start(variant: 'bare' | 'library' | 'asking', crowds = 2, apps?: URL): Promise<Storm> {
    const app = (name: string) => (apps ? new URL(`${name}.js`, apps) : name);
    const options = { timeout: 60_000 };
    const server = await Child.start<{ port: number }>(app('storm-server'), { args: [variant], ...options });
    return new Storm(
      server,
      await Promise.all(Array.from({ length: crowds }, () => Child.start(app('storm-clients'), options))),
    );
  }

  /** Lets so many clients in, and waits until each was told the state. */
  async gather(count: number): Promise<void> {
    for (let here = 0; here < count;) {
      const wave = Math.min(WAVE, count - here);
      const crowd = this.crowds[(here / WAVE) % this.crowds.length] as Child;
      await crowd.send('join', this.server.facts.port, wave);
      here += wave;
      await this.sees(({ told }) => told === here, `${here} clients`);
    }
  }

  /** Closes all connections, but so many that came before the crowd. */
  async throwOut(spared = 0): Promise<void> {
    const { told, closings } = await this.crowd();
    await this.server.send('startMeasuring');
    this.#thrownOut = performance.now();
    await this.server.send('drop', spared);
    await this.sees((crowd) => crowd.closings >= closings + told, 'the clients to be gone');
  }

  /** Waits until every client is back. */
  async back(count: number): Promise<StormResult> {
    await this.sees(({ told }) => told === count, `${count} clients to be back`);
    const back = performance.now() - this.#thrownOut;
    return { ...(await this.server.send<ServerLoad>('measured')), back };
  }

  async crowd(): Promise<Crowd> {
    const parts = await Promise.all(this.crowds.map((crowd) => crowd.send<Crowd>('crowd')));
    const sum = (name: keyof Crowd) => parts.reduce((all, part) => all + part[name], 0);
    return { told: sum('told'), statuses: sum('statuses'), closed: sum('closed'), closings: sum('closings') };
  }

  async sees(wish: (crowd: Crowd) => boolean, what: string): Promise<Crowd> {
    return until(
      async () => {
        const crowd = await this.crowd();
        return wish(crowd) ? crowd : undefined;
      },
      { timeout: 90_000, interval: 50, what },
    );
  }

  /** All clients go, for good; so many connections that are not of the crowd stay. */
  async leave(others = 0): Promise<void> {
    await Promise.all(this.crowds.map((crowd) => crowd.send('leave')));
    await until(async () => (await this.server.send('connections')) === others, {
      timeout: 30_000,
      what: 'the end of all connections',
    });
  }

  heap(): Promise<number> {
    return this.server.send('heap');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.server, ...this.crowds].map((child) => child.kill()));
  }
}
