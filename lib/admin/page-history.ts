import { revisionOf } from '../core/document/record.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { toEntry, type KeptEntry } from '../core/history/entry-record.js';
import { HistoryReader } from '../core/history/history-reader.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { WindowRecord } from '../core/windows/window-record.js';
import type { Localizer } from '../i18n/localizer.js';
import type { HttpRequest } from '../request/http-request.js';
import type { PageEntry } from './page-data.js';
import { describeValues } from './page-values.js';
import { undoOf, undoOfWindow } from './undo.js';

/** How many entries the admin page shows. */
const SHOWN = 20;

/** The end of the history, as the admin page shows it. */
export class PageHistory {
  constructor(
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly localizer: Localizer,
  ) {}

  /**
   * Empty if the store is unreachable.
   * @param offered the keys that this requester may change
   */
  async read(request: HttpRequest, offered: ReadonlySet<MaintenanceKey>): Promise<PageEntry[]> {
    const entries = await readLast(this.manager).catch(() => []);
    const now = this.manager.store.now();
    return entries.map((entry) => {
      const { id, key: name, event, way, actor, reason } = entry;
      const key = this.registry.find(name);
      const revision = revisionOf(this.manager.document, name);
      return {
        id,
        at: entry.at.toISOString(),
        key: name,
        label: key ? this.localizer.translate(key.label, request) : name,
        event,
        way,
        actor,
        reason,
        values: describeValues(toEntry(entry)),
        undo:
          key && offered.has(key)
            ? (undoOfWindow(entry, findWindow(this.manager, entry), revision, now) ??
              undoOf(entry, revision, now))
            : null,
      };
    });
  }
}

/** The newest first. @throws MaintenanceStoreError */
export const readLast = (manager: StateManager): Promise<KeptEntry[]> =>
  new HistoryReader(manager).read({ key: undefined, since: 0, limit: SHOWN });

/** The window of an entry, as it is now. */
export const findWindow = (
  { document }: StateManager,
  { key, window }: KeptEntry,
): WindowRecord | undefined => document?.keys.get(key)?.windows?.find(({ id }) => id === window?.id);
