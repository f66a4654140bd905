import type { Permissions } from '../access/permissions.js';
import type { Localizer } from '../i18n/localizer.js';
import type { MaintenanceSubject } from '../options/options.js';
import type { HttpRequest } from '../http/http-port.js';
import type { MountedPaths } from '../http/mounted-path.js';
import type { StateManager } from '../core/state/state-manager.js';

/** An item for the host's own menu. @publicApi */
export interface MaintenanceMenuItem {
  /** Translated. */
  label: string;
  /** Of the admin page. */
  url: string;
  /** Name of an icon, for the host's own icon set. */
  icon: string;
  /** Is anything in maintenance. */
  active: boolean;
}

interface MenuParts {
  readonly manager: StateManager;
  readonly permissions: Permissions;
  readonly localizer: Localizer;
  readonly paths: MountedPaths;
}

/** The menu item for whoever asks; `null` without the permission `see_menu_item`. */
export async function menuItem(
  subject: MaintenanceSubject,
  parts: MenuParts,
): Promise<MaintenanceMenuItem | null> {
  const { manager, permissions, localizer, paths } = parts;
  if (!(await permissions.allows('see_menu_item', subject))) {
    return null;
  }
  return {
    label: localizer.translate('Maintenance', subject.type === 'http' ? subject.request : subject.socket),
    url: paths.url('admin', subject.type === 'http' ? (subject.request as HttpRequest) : undefined),
    icon: 'maintenance',
    active: manager.snapshot.active.length > 0,
  };
}
