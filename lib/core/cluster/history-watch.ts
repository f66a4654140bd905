import { HistoryReader } from '../history/history-reader.js';
import type { HistoryWriter } from '../history/history-writer.js';
import type { StateManager } from '../state/state-manager.js';
import type { OncePerCluster } from './once-per-cluster.js';

/** Passes what happened by itself to the application's sink, on one process of the cluster. */
export class HistoryWatch {
  private readonly reader: HistoryReader;

  constructor(
    manager: StateManager,
    private readonly once: OncePerCluster,
    private readonly history: HistoryWriter,
  ) {
    this.reader = new HistoryReader(manager);
    if (history.hasSink) {
      manager.updates.subscribe(() => this.look());
    }
  }

  private look(): void {
    for (const entry of this.reader.arisen()) {
      this.once.see({
        name: `history:${entry.id}`,
        isDue: () => true,
        run: () => {
          this.history.tell(entry);
          return Promise.resolve();
        },
      });
    }
  }
}
