import type { Subject } from 'rxjs';
import type { Notifier } from '../common/notifier.js';
import { MaintenanceStoreError } from '../errors/errors.js';
import { bounded } from '../store/bounded.js';
import type { StateStore } from '../store/store.js';
import type { ListConfidence } from './list-confidence.js';
import { HEARTBEAT } from './replica-lease.js';
import type { StateSync } from './state-sync.js';
import type { StateView } from './state-view.js';
import type { StateLog, StoreHealth } from './store-health.js';

/** The parts of a session, and what it notifies. */
export interface StoreSessionParts {
  readonly store: StateStore;
  readonly view: StateView;
  readonly exchanges: StateSync;
  readonly list: ListConfidence;
  readonly touch: StoreHealth;
  /** Milliseconds for which a replica is listed. */
  readonly lease: number;
  readonly commandTimeout: number;
  /** Emits when the store is there again; it may have forgotten what it knew. */
  readonly reconnected: Subject<void>;
  /** Called when a replica has acknowledged something, or a lease was released. */
  readonly notifier: Notifier;
  readonly log: StateLog;
}

/** One process and its store, from connecting to leaving: heartbeats, and the store's callbacks. */
export class StoreSession {
  private heartbeat: NodeJS.Timeout | undefined;
  private started: Promise<void> | undefined;
  private isOpen = false;
  private listens = false;
  private stopped = false;

  constructor(private readonly parts: StoreSessionParts) {}

  /** Connects and reads once. An unreachable store does not stop the start; it is tried again with each heartbeat. */
  start(): Promise<void> {
    return (this.started ??= this.stopped ? Promise.resolve() : this.open());
  }

  /**
   * Has connected and read, or tried to.
   * @throws MaintenanceStoreError by the deadline
   */
  async opened(deadline: number): Promise<void> {
    if (!this.isOpen) {
      await bounded('start', this.start(), deadline);
    }
  }

  /** Asks the store nothing more by itself; settles when nothing is under way any more. */
  async rest(): Promise<void> {
    this.stopped = true;
    clearInterval(this.heartbeat);
    await this.started?.catch(() => undefined);
    await this.parts.exchanges.stop();
  }

  /** The same, and leaves. */
  async stop(replica: string): Promise<void> {
    const { store } = this.parts;
    await this.rest();
    if (this.started) {
      await store.leave(replica, this.deadline()).catch(() => undefined);
    }
    await store.stop();
  }

  private async open(): Promise<void> {
    const { store, view, exchanges, touch } = this.parts;
    try {
      await store.load?.();
      if (this.stopped) {
        return;
      }
      const deadline = this.deadline();
      await bounded('connect', this.connect(deadline), deadline).finally(() => (this.listens = true));
      await bounded('read', exchanges.sync(), deadline);
    } catch (error) {
      if (!(error instanceof MaintenanceStoreError)) {
        throw error;
      }
      touch.lost(error);
    }
    // what was read so far is where the process starts from, even if that is nothing
    view.begin();
    this.isOpen = true;
    if (store.shared && !this.stopped) {
      this.heartbeat = setInterval(() => exchanges.heartbeat(), this.interval).unref();
    }
  }

  private connect(deadline: number): Promise<void> {
    const { store, exchanges, list, reconnected, notifier, log } = this.parts;
    return store.start(
      {
        pushed: (news) => (this.listens ? exchanges.onPush(news) : undefined),
        reconnected: () => {
          list.forgot();
          reconnected.next();
          if (this.listens) {
            exchanges.poll();
          }
        },
        doubted: () => (this.listens ? exchanges.doubted() : undefined),
        woken: (reached) => notifier.call(reached),
        warn: (message) => log.warn(message),
      },
      deadline,
    );
  }

  private deadline(): number {
    return performance.now() + this.parts.commandTimeout;
  }

  /** Milliseconds between two heartbeats. */
  private get interval(): number {
    const { store, lease } = this.parts;
    return store.clustered ? Math.min(HEARTBEAT, Math.floor(lease / 3)) : HEARTBEAT;
  }
}
