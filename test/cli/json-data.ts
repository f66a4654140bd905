import type { MaintenanceKeyJson } from '../../lib/core/keys/maintenance-key-json.js';
import { MaintenanceKey } from '../../lib/core/keys/maintenance-key.js';
import type { WindowJson } from '../../lib/cli/backend/json.js';

/** Data of a key, as backends return it. */
export const keyJson = (name: string, over: Partial<MaintenanceKeyJson> = {}): MaintenanceKeyJson => ({
  ...new MaintenanceKey(name, { timeout: 3_600_000 }).toJSON(),
  ...over,
});

/** Data of a window that happens once and is not announced. */
export const windowJson = (
  id: string,
  start: string,
  end: string,
  over: Partial<WindowJson> = {},
): WindowJson => ({
  id,
  key: 'billing',
  revision: 1,
  start,
  end,
  duration: Date.parse(end) - Date.parse(start),
  timeZone: null,
  repeat: null,
  announce: false,
  readOnly: 0,
  reopenOver: 0,
  announcement: null,
  message: null,
  reason: null,
  actor: null,
  cancelled: [],
  ...over,
});
