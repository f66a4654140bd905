import { Backoff } from '../../common/backoff.js';
import { MaintenanceStoreError } from '../../errors/errors.js';
import { bounded } from '../bounded.js';
import { isDropped, ReasonFinder } from './find-reason.js';
import type { RedisClient, RedisSettings } from './redis-client.js';
import { RedisAcquaintance } from './redis-acquaintance.js';
import { explain, isLeftBehind, isReply, isUnsent, isWithoutConnection, storeError } from './redis-errors.js';

/** Milliseconds that a call waits for a connection that has just broken; one that is away for longer is not waited for. */
const RECONNECT_TIMEOUT = 500;

/** One connection of the library's own: whether it is up, and if not, its last error. */
export class RedisConnection {
  readonly acquaintance: RedisAcquaintance;
  private live = false;
  private brokenAt = -Infinity;
  /** The last error of the connection since it was last up. */
  private problem: unknown;
  /** Why it is connected to a database other than the intended one. */
  private misplaced: unknown;
  /** Connected, but the server has not said yet that it is ready. */
  private opening = false;
  private readonly demotions = new Backoff();
  private readonly reasons: ReasonFinder;

  /** @param replaced is called when this connection is given up for another server */
  constructor(
    readonly client: RedisClient,
    private readonly replaced: () => void,
  ) {
    this.acquaintance = new RedisAcquaintance(client);
    this.reasons = new ReasonFinder(client);
    client.on('connect', () => this.connected());
    client.on('ready', () => this.ready());
    client.on('close', () => this.closed());
    // without a listener ioredis prints every failed reconnect
    client.on('error', (error: RedisEventError) => this.note(error));
  }

  get settings(): RedisSettings {
    return this.client.options;
  }

  /** Connects for the first time; if the server is away, the client itself keeps trying in the background. */
  async open(deadline: number): Promise<void> {
    const ready = new Promise<void>((resolve) => this.client.on('ready', () => resolve()));
    this.client.connect().catch(() => undefined);
    try {
      await bounded('connect', ready, deadline);
    } catch (error) {
      if (this.problem === undefined) {
        // still connecting: the next call waits for it, as for a connection that has just broken
        this.brokenAt = performance.now();
      }
      throw this.failure('connect', error);
    }
  }

  /**
   * Waits for a connection that has just broken: usually it is back right away.
   * @throws MaintenanceStoreError if it is not
   */
  async require(what: string, deadline: number): Promise<void> {
    const patience = Math.min(this.brokenAt + RECONNECT_TIMEOUT, deadline) - performance.now();
    if (!this.live && patience > 0) {
      await this.nextReady(patience);
    }
    if (this.misplaced !== undefined) {
      throw storeError(what, this.misplaced);
    }
    if (!this.live || deadline <= performance.now()) {
      throw this.failure(what, new Error('it could not be reached in time'));
    }
  }

  /** Why a call failed: if the connection is gone, its own error says more than that of the call. */
  failure(what: string, error: unknown): MaintenanceStoreError {
    const certain = isReply(error) || (error instanceof MaintenanceStoreError && error.outcome === 'refused');
    if (this.live || this.problem === undefined || certain) {
      return storeError(what, error);
    }
    return new MaintenanceStoreError(
      `Redis cannot be reached (${what}): ${explain(this.problem)}; the outcome is unknown.`,
      'unknown',
      { cause: this.problem },
    );
  }

  /**
   * Makes a call; if the connection had ended, which the client tells a moment later, on the next one.
   * @param call is made again only if it was not sent
   */
  async send(what: string, deadline: number, call: () => Promise<unknown>): Promise<unknown> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!isUnsent(error)) {
          throw this.failure(what, error);
        }
      }
      this.broken();
      await this.require(what, deadline);
    }
  }

  /** A server that was replaced keeps answering: looks for one that accepts writes, less often the longer there is none. */
  refused(error: unknown): void {
    if (isLeftBehind(error) && this.demotions.due) {
      this.demotions.failed();
      this.replace();
      this.replaced();
    }
  }

  /** The server accepts writes. */
  accepted(): void {
    this.demotions.succeeded();
  }

  /** Gives up a half-open connection, which would otherwise stay silent for many minutes. */
  replace(): void {
    if (this.live) {
      this.broken();
      this.client.disconnect(true);
    }
  }

  close(): void {
    this.client.disconnect();
  }

  private connected(): void {
    this.misplaced = undefined;
    this.opening = true;
  }

  private ready(): void {
    this.live = true;
    this.opening = false;
    this.problem = undefined;
    this.reasons.connected();
  }

  private closed(): void {
    if (this.opening) {
      // as a server with too many clients does, whose words may be lost with the connection
      this.problem ??= new Error('it closes the connection at once');
      this.opening = false;
    }
    this.broken();
  }

  private broken(): void {
    if (this.live) {
      this.live = false;
      this.acquaintance.forget();
      this.brokenAt = performance.now();
    }
  }

  private note(error: RedisEventError): void {
    // for a cluster, the error of one of its nodes
    const problem = error.lastNodeError ?? error;
    // why there is no connection says more than that a command of the client's own had none
    if (isDropped(problem)) {
      this.problem ??= problem;
      void this.findReason();
    } else if (!isWithoutConnection(problem)) {
      this.problem = problem;
    }
    if (error.command?.name === 'select') {
      this.misplaced = error;
    }
  }

  private async findReason(): Promise<void> {
    const reason = await this.reasons.find();
    this.problem = this.live ? this.problem : (reason ?? this.problem);
  }

  private async nextReady(timeout: number): Promise<void> {
    const { client } = this;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        client.off('ready', settle);
        resolve();
      };
      const timer = setTimeout(settle, timeout);
      client.on('ready', settle);
    });
  }
}

interface RedisEventError extends Error {
  readonly lastNodeError?: Error;
  readonly command?: { readonly name?: string };
}
