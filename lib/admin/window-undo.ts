import { revisionOf } from '../core/document/record.js';
import { MaintenanceStoreError } from '../core/errors/errors.js';
import { messageOf } from '../core/errors/message-of.js';
import { inWay } from '../core/history/way.js';
import type { MaintenanceService } from '../core/service/maintenance.service.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { HttpRequest } from '../request/http-request.js';
import type { AdminAccess } from './admin-access.js';
import { AdminApiError } from './admin.errors.js';
import type { ApiResponse } from './api-response.js';
import { changedMeanwhile, expectedRevision } from './etag.js';
import { findWindow, readLast } from './page-history.js';
import { getRequestActor } from './request-actor.js';
import { checkJson, hasBody } from './request-body.js';
import { getRequestWay } from './request-way.js';
import { undoOfWindow } from './undo.js';

/** Undoes changes of planned windows. */
export class WindowUndo {
  constructor(
    private readonly service: MaintenanceService,
    private readonly manager: StateManager,
    private readonly access: AdminAccess,
  ) {}

  /** @param id of an entry of the history that the admin page shows */
  async undo(request: HttpRequest, id: unknown): Promise<ApiResponse> {
    await this.access.demandWrite(request);
    if (hasBody(request)) {
      checkJson(request);
    }
    const { manager } = this;
    const entries = await readLast(manager).catch((error: unknown) => {
      throw new MaintenanceStoreError(messageOf(error), 'refused', { cause: error });
    });
    const entry = entries.find((other) => other.id === id);
    const unknown = new AdminApiError(404, 'The recent history has no such entry.');
    if (!entry) {
      throw unknown;
    }
    const key = await this.access.findEditable(request, entry.key, unknown);
    expectedRevision(manager, key, request.headers['if-match']);
    const present = findWindow(manager, entry);
    const { windowBefore, switchBefore } = entry;
    const undo = undoOfWindow(entry, present, revisionOf(manager.document, key.name), manager.store.now());
    if (!undo) {
      throw changedMeanwhile(key);
    }
    const actor = getRequestActor(request) ?? null;
    await inWay(getRequestWay(request), async () =>
      windowBefore
        ? this.service.restoreWindow(
            key,
            { windowBefore, ...(switchBefore && { switchBefore }), undone: entry.revision },
            actor,
          )
        : present && this.service.cancelWindow(present.id, { ifRevision: present.revision, actor }),
    );
    return { status: 200, json: { undone: entry.id } };
  }
}
