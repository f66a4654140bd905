import { Child } from '../support/child.js';
import { Load } from './load.js';
import type { Variant } from './apps/http-app.js';

/** What was used and done in one slice. */
export interface Slice {
  readonly requests: number;
  /** Milliseconds of CPU time of the server's process. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly wall: number;
}

/** V8 compiles and collects at the same points in each process: else some get by with a quarter less than others of the same. */
const FLAGS = ['--predictable'];

/** An application in a process of its own, and connections to it. */
export class Server {
  private constructor(
    readonly child: Child<{ port: number }>,
    private readonly load: Load,
  ) {}

  static async start(variant: Variant, connections: number, status = 200): Promise<Server> {
    const child = await Child.start<{ port: number }>(new URL('./apps/http-app.js', import.meta.url), {
      args: [JSON.stringify(variant)],
      flags: FLAGS,
      timeout: 60_000,
    });
    return new Server(child, await Load.open(child.facts.port, connections, status));
  }

  /** Serves for so many milliseconds. */
  async slice(ms: number, request?: Parameters<Load['run']>[1]): Promise<Slice> {
    const before = await this.child.send<number>('cpu');
    const served = await this.load.run(ms, request);
    return { ...served, cpu: (await this.child.send<number>('cpu')) - before };
  }

  /** Bytes on the heap after a garbage collection. */
  heap(): Promise<number> {
    return this.child.send<number>('heap');
  }

  async stop(): Promise<void> {
    this.load.close();
    await this.child.kill();
  }
}
