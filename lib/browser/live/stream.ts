// The browser script where there is no gateway.
import type { ScriptSettings } from '../settings.js';
import { runPage } from './page.js';
import { pushByStream } from './stream-push.js';

/** The server puts its settings in the place of this name. */
declare const MAINTENANCE_SETTINGS: ScriptSettings;

const settings = MAINTENANCE_SETTINGS;

runPage(settings, (data, base) =>
  pushByStream(new URL(data['events'] ?? settings.events ?? 'events', base).href),
);
