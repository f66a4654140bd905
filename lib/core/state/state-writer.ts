import { MaintenanceStoreError } from '../errors/errors.js';
import { stateOf, toChange, type MaintenanceChange } from '../document/change.js';
import { relate } from '../document/merge.js';
import { applyEdit, type Editor } from '../document/updates.js';
import { Mutex } from '../common/mutex.js';
import { pruneRecord } from '../document/passing-time.js';
import type { KeyRecord } from '../document/record.js';
import { toEntry, toNote } from '../history/entry-record.js';
import { HistoryWriter } from '../history/history-writer.js';
import type { MaintenanceWay } from '../history/maintenance-way.js';
import { currentWay } from '../history/way.js';
import { ExpectedPushes } from './expected-pushes.js';
import { unlessInConflict } from './unless-in-conflict.js';
import type { StateSync } from './state-sync.js';
import type { StateView } from './state-view.js';
import type { StoreSession } from './store-session.js';
import { bounded } from '../store/bounded.js';
import type { StateStore, Written } from '../store/store.js';

/** That a record is known says nothing about others. */
const NOWHERE: Pick<Written, 'before' | 'version'> = { before: '?', version: '?' };

/** Changes stored records by compare-and-set, one change of a key after another. */
export class StateWriter {
  private readonly queues = new Map<string, { readonly mutex: Mutex; waiting: number }>();
  private readonly pushes: ExpectedPushes;
  private closed = false;

  constructor(
    private readonly store: StateStore,
    private readonly view: StateView,
    private readonly exchanges: StateSync,
    private readonly session: StoreSession,
    /** This process has no hooks. */
    private readonly delegates: boolean,
    private readonly history = new HistoryWriter(),
  ) {
    this.pushes = new ExpectedPushes(view, () => exchanges.poll());
  }

  /**
   * @param due on the monotonic clock; past it nothing is written. Loading what writing needs does not count.
   * @returns the change, or `null` when there was nothing to write
   * @throws MaintenanceStoreError, and what the editor throws
   */
  async write(key: string, editor: Editor, due: number): Promise<MaintenanceChange | null> {
    const way = currentWay();
    let deadline = due;
    if (this.store.prepare) {
      const begun = performance.now();
      await this.store.prepare();
      deadline += performance.now() - begun;
    }
    await this.session.opened(deadline);
    return bounded('write', this.inTurn(key, editor, way, deadline), deadline);
  }

  close(): void {
    this.closed = true;
    this.pushes.stop();
  }

  private async inTurn(
    key: string,
    editor: Editor,
    way: MaintenanceWay,
    deadline: number,
  ): Promise<MaintenanceChange | null> {
    const queue = this.queues.get(key) ?? { mutex: new Mutex(), waiting: 0 };
    this.queues.set(key, queue);
    queue.waiting++;
    try {
      return await queue.mutex.run(() => this.attempt(key, editor, way, deadline));
    } finally {
      queue.waiting--;
      if (queue.waiting === 0) {
        this.queues.delete(key);
      }
    }
  }

  private async attempt(
    key: string,
    editor: Editor,
    way: MaintenanceWay,
    deadline: number,
  ): Promise<MaintenanceChange | null> {
    // that nothing needs to be written, or that something is in conflict, is believed only of a record that was just read
    let fresh = !this.store.shared;
    while (performance.now() < deadline) {
      if (this.closed) {
        throw new MaintenanceStoreError('The application has shut down; nothing was written.', 'refused');
      }
      if (this.view.version === null || this.view.unreadable.of(key) !== null) {
        await this.exchanges.sync();
        fresh = true;
      }
      this.exchanges.requireReadable(key);
      if (this.view.version === null) {
        // a store that has lost its data, and cannot say yet what it had: a key that is off there may be on
        throw new MaintenanceStoreError(
          'The store has lost its data, and the replicas that can restore it have not reconnected yet; nothing was written. Try again in a few seconds.',
          'refused',
        );
      }
      const now = this.store.now();
      const { known, version } = this.view;
      const present = known?.keys.get(key);
      const record = present && pruneRecord(present, now);
      const edit = fresh ? editor(record, now) : unlessInConflict(() => editor(record, now));
      if (edit) {
        const stamp = { revision: (known?.revision ?? 0) + 1, at: Math.floor(now) };
        const wish = applyEdit(record, edit, stamp, this.delegates);
        const { write } = wish;
        const { arisen, change } = this.history.describe(key, present, record, wish, edit, way, write, now);
        const put = { name: key, expected: present?.write ?? '', record: wish, kept: false };
        const notes = [...arisen, change].map(toNote);
        const written = await this.store.write([put], version ?? '', deadline, notes);
        const [outcome] = written.outcomes;
        if (outcome === 'full') {
          throw new MaintenanceStoreError(
            `The maintenance state of key "${key}", or of all keys together, would be too large; nothing was written. ` +
              'Shorten messages and reasons, or unset keys.',
            'refused',
          );
        }
        if (outcome && outcome !== 'conflict') {
          this.commit(key, outcome, written);
          const { revision, at } = outcome.change;
          this.history.tell(toEntry({ ...change, revision, at: new Date(at) }));
          return toChange(key, stateOf(record, now), stateOf(outcome, now), outcome.change);
        }
        const instead = written.shown?.get(key);
        if (instead && (!present || relate(present, instead) === 'later')) {
          // what somebody else has made of it in the meantime: the next attempt starts from there
          this.view.advance(key, instead, NOWHERE);
          fresh = true;
          continue;
        }
        if (written.before === version) {
          // nobody has written since, and yet something else is stored there: it is damaged
          this.view.records.distrust();
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

  private commit(key: string, record: KeyRecord, written: Written): void {
    this.view.advance(key, record, written);
    const { clustered } = this.store;
    const isCovered = this.view.version === written.version;
    if (clustered && isCovered) {
      this.exchanges.acknowledge();
    } else if (clustered) {
      this.pushes.wait();
    } else if (!isCovered) {
      this.exchanges.poll();
    }
  }
}
