import { Inject, Injectable } from '@nestjs/common';
import { revisionOf } from '../core/document/record.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import { MaintenanceService } from '../core/service/maintenance.service.js';
import { StateManager } from '../core/state/state-manager.js';
import { Localizer } from '../i18n/localizer.js';
import type { HttpRequest } from '../request/http-request.js';
import type { PageEntry } from './page-data.js';
import { undoOf } from './undo.js';

/** Entries that the admin page shows. */
const SHOWN = 20;

/** The end of the history, as the admin page shows it. */
@Injectable()
export class PageHistory {
  constructor(
    @Inject(MaintenanceService) private readonly service: MaintenanceService,
    @Inject(StateManager) private readonly manager: StateManager,
    @Inject(KeyRegistry) private readonly registry: KeyRegistry,
    @Inject(Localizer) private readonly localizer: Localizer,
  ) {}

  /**
   * A store that is away has none.
   * @param offered the keys that this requester may change
   */
  async read(request: HttpRequest, offered: ReadonlySet<MaintenanceKey>): Promise<PageEntry[]> {
    const entries = await this.service.getHistory({ limit: SHOWN }).catch(() => []);
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
        undo: key && offered.has(key) ? undoOf(entry, revision, now) : null,
      };
    });
  }
}
