import type { HoldRecord } from '../document/record.js';
import { decodeProgress, encodeProgress, type ProgressRecord } from '../progress/progress-record.js';
import type { StateManager } from './state-manager.js';

/** Milliseconds between two looks, and between two reports of a hold. */
export const PROGRESS_INTERVAL = 1_000;

/**
 * The progress of holds, as this process knows it: read from the store once a second while there are holds, and never otherwise.
 */
export class ProgressWatch {
  private known: ReadonlyMap<string, ProgressRecord> = new Map();
  private readonly own = new Map<string, ProgressRecord>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param changed is called when there is something new to report */
  constructor(
    private readonly manager: StateManager,
    private readonly changed: () => void,
  ) {
    manager.updates.subscribe(() => this.watch());
  }

  readonly of = (hold: HoldRecord): ProgressRecord | undefined =>
    this.manager.holds.isLive(hold) ? (this.own.get(hold.id) ?? this.known.get(hold.id)) : undefined;

  /**
   * A report of a hold of this process: known here at once, and recorded in the store.
   * @returns whether it was recorded
   */
  async report(hold: string, record: ProgressRecord): Promise<boolean> {
    this.own.set(hold, record);
    this.changed();
    const { store } = this.manager;
    return store.progress.report(hold, encodeProgress(record), this.manager.deadline());
  }

  /** A hold of this process has ended. */
  forget(hold: string): void {
    this.own.delete(hold);
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  private watch(): void {
    // this process knows what only it writes, except for the time left
    const { shared } = this.manager.store;
    const passes = (hold: HoldRecord): boolean =>
      hold.expected !== undefined || typeof this.own.get(hold.id)?.end === 'number';
    const wanted = !this.stopped && this.holds.some((hold) => shared || passes(hold));
    if (wanted && !this.timer) {
      this.timer = setInterval(() => void this.look(), PROGRESS_INTERVAL).unref();
    } else if (!wanted && this.timer) {
      clearInterval(this.timer);
      this.timer = undefined;
      this.known = new Map();
    }
  }

  private get holds(): readonly HoldRecord[] {
    return [...(this.manager.document?.live.values() ?? [])].flatMap(({ holds }) => holds);
  }

  /** Looks now, if there are holds: afterwards their reports are known, if the store answers. */
  async look(): Promise<void> {
    if (!this.timer) {
      return;
    }
    try {
      const texts = await this.manager.store.progress.read(this.manager.deadline());
      const read = [...texts].flatMap(([hold, text]) => {
        const record = decodeProgress(text);
        return record ? [[hold, record] as const] : [];
      });
      this.known = new Map(read);
    } catch {
      // what was last known counts until the store is there again
    }
    // estimates change with time
    if (this.timer && this.holds.some((hold) => hold.expected !== undefined || this.of(hold))) {
      this.changed();
    }
  }
}
