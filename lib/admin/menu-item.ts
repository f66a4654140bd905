import type { Permissions } from '../access/permissions.js';
import type { MaintenanceMenuItem } from '../core/service/menu-item.js';
import type { MenuSource } from '../core/service/service-ports.js';
import type { MaintenanceSubject } from '../core/service/subject.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { HttpRequest } from '../request/http-request.js';
import type { MountedPaths } from '../http/mounted-path.js';
import type { Localizer } from '../i18n/localizer.js';
import { MENU_TEXT } from '../i18n/texts.js';

/** The item for the host's own menu. */
export class AdminMenu implements MenuSource {
  constructor(
    private readonly manager: StateManager,
    private readonly permissions: Permissions,
    private readonly localizer: Localizer,
    private readonly paths: MountedPaths,
  ) {}

  /** `null` without the permission `see_menu_item`. */
  async getItem(subject: MaintenanceSubject): Promise<MaintenanceMenuItem | null> {
    if (!(await this.permissions.allows('see_menu_item', subject))) {
      return null;
    }
    const asked = subject.type === 'http' ? subject.request : subject.socket;
    return {
      label: this.localizer.translate(MENU_TEXT, asked),
      url: this.paths.url('admin', subject.type === 'http' ? (subject.request as HttpRequest) : undefined),
      icon: 'maintenance',
      active: this.manager.snapshot.active.length > 0,
    };
  }
}
