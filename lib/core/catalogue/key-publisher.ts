import { messageOf } from '../errors/message-of.js';
import { MINUTE } from '../keys/durations.js';
import type { StateManager } from '../state/state-manager.js';
import { droppedOf, entryOf } from './published-key.js';

/** Milliseconds after which it is looked again whether all is still there. */
const LOOK_INTERVAL = 10 * MINUTE;
/** Milliseconds that changes are gathered, and after which it is tried again where the store was away. */
const GATHER = 500;
const RETRY = 30_000;

/**
 * Publishes an application's keys beside the state, so that the command line knows them also while the application is down. Written
 * only where what is there is not right.
 */
export class KeyPublisher {
  private timer: NodeJS.Timeout | undefined;
  private started = false;
  private stopped = false;
  private warned = false;
  /** For how many keys there was no room. */
  private left = 0;

  /** @param warn writes to the log */
  constructor(
    private readonly manager: StateManager,
    private readonly warn: (message: string) => void,
  ) {
    const again = (): void => (this.started ? this.later(GATHER) : undefined);
    manager.registry.onAdd(again);
    // it may have forgotten what it knew
    manager.reconnected.subscribe(again);
  }

  /** All keys are there that are there from the start. */
  start(): void {
    if (!this.started && this.manager.store.catalogue) {
      this.started = true;
      this.later(0);
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private later(ms: number): void {
    if (!this.stopped) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.run(), ms).unref();
    }
  }

  private async run(): Promise<void> {
    try {
      await this.publish();
      this.warned = false;
      this.later(LOOK_INTERVAL);
    } catch (error) {
      if (!this.warned && !this.stopped && this.manager.health().up) {
        this.warned = true;
        this.warn(
          `The keys of this application could not be published for the command line: ${messageOf(error)}`,
        );
      }
      this.later(RETRY);
    }
  }

  private async publish(): Promise<void> {
    const { manager } = this;
    const { catalogue } = manager.store;
    if (!catalogue) {
      return;
    }
    const stored = await catalogue.read(manager.deadline());
    const byName = new Map(stored.map((entry) => [entry.name, entry]));
    const wrong = manager.registry.all().flatMap((key) => entryOf(key, byName.get(key.name)) ?? []);
    const added = wrong.filter(({ name }) => !byName.has(name)).length;
    const others = stored.filter(({ name }) => !manager.registry.has(name));
    const dropped = droppedOf(others, stored.length + added - catalogue.most);
    if (wrong.length > 0 || dropped.length > 0) {
      const published = await catalogue.publish(wrong, dropped, manager.deadline());
      this.warnOfLeft(wrong.length - published, catalogue.most);
    }
  }

  private warnOfLeft(left: number, most: number): void {
    if (left > this.left) {
      this.warn(
        `There was no room to publish ${left} of the keys of this application: the command line and scripts do not know them. At most ${most} keys are published, of all applications together.`,
      );
    }
    this.left = left;
  }
}
