import type { Permissions } from './decision/permissions.js';
import type { Localizer } from './http/localizer.js';
import type { MaintenanceSubject, ResolvedStructure } from './maintenance.options.js';
import { mountedPath } from './maintenance.paths.js';
import type { StateKeeper } from './state/state-keeper.js';

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
  readonly keeper: StateKeeper;
  readonly permissions: Permissions;
  readonly localizer: Localizer;
  readonly structure: ResolvedStructure;
  readonly prefix: string;
}

/** The menu item for whoever asks; `null` without the permission `see_menu_item`. */
export async function menuItem(
  subject: MaintenanceSubject,
  parts: MenuParts,
): Promise<MaintenanceMenuItem | null> {
  const { keeper, permissions, localizer, structure, prefix } = parts;
  if (!(await permissions.allows('see_menu_item', subject))) {
    return null;
  }
  return {
    label: localizer.translate('Maintenance', subject.type === 'http' ? subject.request : subject.socket),
    url: mountedPath(prefix, structure.path, 'admin'),
    icon: 'maintenance',
    active: keeper.snapshot.active.length > 0,
  };
}
