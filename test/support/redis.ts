import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { Redis, type RedisOptions } from 'ioredis';
import { OwnClients } from './own-clients.js';
import { end, freePort, hasEnded, spawnMortal } from './process.js';
import { findCommand, requireTool } from './tools.mjs';
import { until } from './until.js';

export interface RedisServerOptions {
  /** Keep the data in an append-only file, so that it survives a restart. Off by default. */
  persist?: boolean;
  /** Run Valkey instead; ask `hasValkey` first. */
  valkey?: boolean;
  /** Further lines of redis.conf; a function gets the port. */
  config?: string[] | ((port: number) => string[]);
  /** Run as a sentinel. */
  sentinel?: boolean;
}

/** Whether this machine has a Valkey server to test with. */
export const hasValkey = findCommand('valkey-server') !== undefined;

const CONFIG = 'redis.conf';

/** A real Redis server of one's own, on a free port of 127.0.0.1, that keeps its port through restarts. */
export class RedisServer {
  #child?: ChildProcess;
  #stopped = false;
  readonly #clients = new OwnClients<Redis>();

  private constructor(
    readonly port: number,
    readonly folder: string,
    private readonly options: RedisServerOptions,
  ) {}

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    for (let attempt = 1; ; attempt++) {
      const folder = await mkdtemp(join(tmpdir(), 'maintenance-redis-'));
      const server = new RedisServer(await freePort(), folder, options);
      try {
        await server.#configure();
        await server.#launch();
        return server;
      } catch (error) {
        await server.stop();
        // Somebody else may have taken the port since.
        if (attempt === 3) throw error;
      }
    }
  }

  get host(): string {
    return '127.0.0.1';
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`;
  }

  /** A connection that ends with the server's `stop()`. */
  client(options: RedisOptions = {}): Redis {
    return this.#clients.add(new Redis(this.port, this.host, options));
  }

  /** It was stopped for good. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Ends it for good, with its connections and its files. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clients.disconnect();
    if (this.#child) await end(this.#child);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends it like a power cut; `restart()` brings it back. */
  async kill(): Promise<void> {
    if (this.#child) await end(this.#child);
  }

  /** It keeps its connections and answers nobody. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Shuts down in good order (unless it is gone already) and starts on the same port, with what it has persisted. */
  async restart({ empty = false }: { empty?: boolean } = {}): Promise<void> {
    this.resume();
    if (this.#child) await end(this.#child, 'SIGTERM');
    if (empty) await this.#forget();
    await this.#launch();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #configure(): Promise<void> {
    const { config = [], persist = false } = this.options;
    const lines = [
      `port ${this.port}`,
      `bind ${this.host}`,
      `dir ${this.folder}`,
      'save ""',
      `appendonly ${persist ? 'yes' : 'no'}`,
      ...(typeof config === 'function' ? config(this.port) : config),
    ];
    await writeFile(join(this.folder, CONFIG), lines.join('\n') + '\n');
  }

  async #launch(): Promise<void> {
    const program = this.options.valkey ? findCommand('valkey-server') : requireTool('redis');
    if (!program) throw new Error('valkey-server is not installed');
    const args = [join(this.folder, CONFIG), ...(this.options.sentinel ? ['--sentinel'] : [])];
    const child = spawnMortal(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    let log = '';
    child.stdout?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-2_000)));
    const failed = once(child, 'exit').then(() => {
      throw new Error(`${program} ended before it was ready:\n${log}`);
    });
    await Promise.race([failed, this.#ready(child)]);
    failed.catch(() => {});
  }

  /** Ready means that it is this process that answers, not another one that was faster to take the port. */
  async #ready(child: ChildProcess): Promise<void> {
    const probe = new Redis(this.port, this.host, {
      retryStrategy: () => 20,
      maxRetriesPerRequest: null,
      // a spec may have taken INFO away
      enableReadyCheck: false,
    });
    const isOurs = async (): Promise<boolean> =>
      this.options.sentinel
        ? (await probe.info('server')).includes(`process_id:${child.pid}\r`)
        : String((await probe.config('GET', 'dir')) as unknown).endsWith(basename(this.folder));
    probe.on('error', () => {});
    try {
      await until(async () => hasEnded(child) || isOurs(), {
        timeout: 10_000,
        what: `redis-server to answer on port ${this.port}`,
      });
    } finally {
      probe.disconnect();
    }
  }

  async #forget(): Promise<void> {
    const files = await readdir(this.folder);
    const data = files.filter((file) => file !== CONFIG);
    await Promise.all(data.map((file) => rm(join(this.folder, file), { recursive: true })));
  }
}
