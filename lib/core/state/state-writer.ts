import { MaintenanceStoreError } from '../errors/errors.js';
import { stateOf, toChange, type MaintenanceChange } from '../document/change.js';
import { applyEdit, type Editor } from '../document/updates.js';
import { Mutex } from '../common/mutex.js';
import { checkSize } from '../document/codec.js';
import { pruneRecord } from '../document/passing-time.js';
import type { KeyRecord, StateDocument } from '../document/record.js';
import { toNote } from '../history/entry-record.js';
import { HistoryWriter } from '../history/history-writer.js';
import type { MaintenanceWay } from '../history/maintenance-way.js';
import { currentWay } from '../history/way.js';
import type { StateSync } from './state-sync.js';
import type { StateView } from './state-view.js';
import type { StateStore, Version } from '../store/store.js';

/** Changes the stored document by compare-and-set, one change of this process after another. */
export class StateWriter {
  private readonly queue = new Mutex();
  private closed = false;

  constructor(
    private readonly store: StateStore,
    private readonly view: StateView,
    private readonly exchanges: StateSync,
    /** This process has no hooks. */
    private readonly delegates: boolean,
    private readonly history = new HistoryWriter(),
  ) {}

  /**
   * @param deadline on the monotonic clock; past it nothing is written
   * @returns the change, or `null` when there was nothing to write
   * @throws MaintenanceStoreError, and what the editor throws
   */
  write(key: string, editor: Editor, deadline: number): Promise<MaintenanceChange | null> {
    const way = currentWay();
    return this.queue.run(() => this.attempt(key, editor, way, deadline));
  }

  close(): void {
    this.closed = true;
  }

  private async attempt(
    key: string,
    editor: Editor,
    way: MaintenanceWay,
    deadline: number,
  ): Promise<MaintenanceChange | null> {
    // that nothing needs to be written is only believed of a document just read
    let fresh = !this.store.shared;
    while (performance.now() < deadline) {
      if (this.closed) {
        throw new MaintenanceStoreError('The application has shut down; nothing was written.', 'refused');
      }
      if (this.view.version === null || this.view.unreadable !== null) {
        await this.exchanges.sync();
        fresh = true;
      }
      this.exchanges.requireReadable();
      const now = this.store.now();
      const { known, version } = this.view;
      const present = known?.keys.get(key);
      const record = present && pruneRecord(present, now);
      const edit = editor(record, now);
      if (edit) {
        const document = applyEdit(known, key, record, edit, now, this.delegates);
        checkSize(document, known);
        const after = document.keys.get(key) as KeyRecord;
        const { arisen, change } = this.history.describe(
          key,
          present,
          record,
          after,
          edit,
          way,
          document.write,
          now,
        );
        const notes = [...arisen, change].map(toNote);
        const written = await this.store.write(document, version ?? '', deadline, notes);
        if (written !== 'conflict') {
          this.commit(document, written);
          this.history.tell(change);
          return toChange(key, stateOf(record, now), stateOf(after, now), after.change);
        }
      } else if (fresh) {
        return null;
      }
      await this.exchanges.sync();
      fresh = true;
    }
    throw new MaintenanceStoreError(
      'The state could not be written in time; nothing was written.',
      'refused',
    );
  }

  private commit(document: StateDocument, version: Version): void {
    this.view.advance(document, version);
    if (this.store.clustered) {
      this.exchanges.poll();
    }
  }
}
