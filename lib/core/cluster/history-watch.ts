import { entriesArisen, MOST_ARISEN, notedUntil } from '../history/arisen.js';
import { whatHappened } from '../history/what-happened.js';
import type { HistoryWriter } from '../history/history-writer.js';
import type { MaintenanceHistoryEntry } from '../history/maintenance-history-entry.js';
import type { StateManager } from '../state/state-manager.js';
import type { OncePerCluster } from './once-per-cluster.js';

/** What has happened to a key by itself since a write, up to a moment. */
interface Arisen {
  readonly write: string;
  readonly until: number;
  readonly entries: readonly MaintenanceHistoryEntry[];
}

/** Passes what happened by itself to the application's sink, on one process of the cluster. */
export class HistoryWatch {
  /** By key: a window may have come hundreds of times since it was planned. */
  private arisen = new Map<string, Arisen>();

  constructor(
    private readonly manager: StateManager,
    private readonly once: OncePerCluster,
    private readonly history: HistoryWriter,
  ) {
    if (history.hasSink) {
      manager.updates.subscribe(() => this.look());
    }
  }

  private look(): void {
    const { document, store } = this.manager;
    const now = Math.floor(store.now());
    const before = this.arisen;
    this.arisen = new Map();
    for (const [key, record] of document?.live ?? []) {
      const seen = before.get(key);
      const known = seen?.write === record.write ? seen : undefined;
      const from = known?.until ?? notedUntil(record);
      const news = entriesArisen(key, record, now, from);
      const entries = [...(known?.entries ?? []), ...news].slice(-MOST_ARISEN);
      this.arisen.set(key, { write: record.write, until: Math.max(from, now), entries });
      entries.forEach((entry) => this.see(entry));
    }
  }

  private see(entry: MaintenanceHistoryEntry): void {
    let happened: MaintenanceHistoryEntry | undefined;
    this.once.see({
      name: `history:${entry.id}`,
      isDue: () => true,
      isTrue: async () => (happened = await whatHappened(this.manager, entry)) !== undefined,
      run: () => {
        this.history.tell(happened ?? entry);
        return Promise.resolve();
      },
    });
  }
}
