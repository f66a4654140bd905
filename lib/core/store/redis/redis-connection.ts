import { Subject } from 'rxjs';
import { Backoff } from '../../common/backoff.js';
import { nextOrTimeout } from '../../common/next-or-timeout.js';
import { MaintenanceStoreError } from '../../errors/errors.js';
import { bounded } from '../bounded.js';
import { LastProblem, type RedisEventError } from './last-problem.js';
import type { RedisClient, RedisSettings } from './redis-client.js';
import { RedisAcquaintance } from './redis-acquaintance.js';
import { explain, isLeftBehind, isReply, isUnsent, storeError } from './redis-errors.js';

/** Milliseconds that a call waits for a connection that has just broken; one that is away for longer is not waited for. */
const RECONNECT_TIMEOUT = 500;

/** One connection of the library's own: whether it is up, and if not, its last error. */
export class RedisConnection {
  readonly acquaintance: RedisAcquaintance;
  private live = false;
  /** Many calls wait for that at once: the client gets one listener for them all. */
  private readonly readies = new Subject<void>();
  private brokenAt = -Infinity;
  private readonly problem: LastProblem;
  /** Why it is connected to a database other than the intended one. */
  private misplaced: unknown;
  private readonly demotions = new Backoff();

  /** @param replaced is called when this connection is given up for another server */
  constructor(
    readonly client: RedisClient,
    private readonly replaced: () => void,
  ) {
    this.acquaintance = new RedisAcquaintance(client);
    this.problem = new LastProblem(client);
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
      if (this.problem.error === undefined || this.problem.waits) {
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
      await nextOrTimeout(this.readies, patience);
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
    const { error: problem } = this.problem;
    if (this.live || problem === undefined || certain) {
      return storeError(what, error);
    }
    if (this.problem.isSilence) {
      return storeError(what, problem);
    }
    return new MaintenanceStoreError(
      `Redis cannot be reached (${what}): ${explain(problem)}; the outcome is unknown.`,
      'unknown',
      { cause: problem },
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
    this.problem.connected();
  }

  private ready(): void {
    this.live = true;
    this.problem.solved();
    this.readies.next();
  }

  private closed(): void {
    this.problem.closed();
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
    this.problem.note(error);
    if (error.command?.name === 'select') {
      this.misplaced = error;
    }
  }
}
