// The browser script if there is no gateway.
import type { ScriptSettings } from '../settings.js';
import { runPage } from './page.js';
import { pushByStream } from './stream-push.js';

/** The server replaces this name by its settings. */
declare const MAINTENANCE_SETTINGS: ScriptSettings;

const settings = MAINTENANCE_SETTINGS;

runPage(settings, (data, base) =>
  pushByStream(new URL(data['events'] ?? settings.events ?? 'events', base).href),
);
