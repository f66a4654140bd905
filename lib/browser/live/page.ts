import { createConnection } from '../../client/connection.js';
import type { ConnectionOptions } from '../../client/connection-options.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import type { ScriptSettings, ScriptTexts } from '../settings.js';
import { createAnnouncement } from './announcement.js';
import { createBanner } from './banner.js';
import { watchForms } from './forms.js';
import { createLeave } from './leave.js';
import { createMaintenancePage } from './maintenance-page.js';
import { createOpenPage } from './open-page.js';
import type { PageApi } from './page-api.js';

const ENGLISH: ScriptTexts = { on: 'Maintenance mode is on', close: 'Close', inTime: 'in {time}' };

/** Marks a page on which the script runs: it may be included twice. */
const RUNNING = Symbol.for('nestjs-maintenance');

/** How the server notifies, as the attributes of the script's tag and its address say. */
type PushOf = (data: DOMStringMap, base: URL) => ConnectionOptions['push'];

/**
 * What the browser script does on a page.
 *
 * Attributes of its own tag choose: `data-page="maintenance"` on a maintenance page; `data-exempt` or `data-banner` (with a
 * text of its own, or `none`) where the page is served in spite of maintenance; `data-admin` on pages of operators;
 * `data-announce` (`none`, `dismissible`, `always`) says how planned windows are announced; `data-url`, `data-path`, `data-namespace`, `data-ping`, `data-events` for other addresses; `data-ticket` where a ticket is got
 * before each connection, which key data may need.
 *
 * @param script where the script itself is served, in case the browser does not tell
 */
export function runPage(
  { script, ping = 'ping', asks, texts = ENGLISH }: ScriptSettings,
  pushOf: PushOf,
): void {
  // not by its API: elements and variables of the page may have that name
  const running = window as { [RUNNING]?: boolean };
  if (running[RUNNING]) {
    return;
  }
  running[RUNNING] = true;
  // a module script has none
  const tag = document.currentScript as HTMLScriptElement | null;
  const data: DOMStringMap = tag?.dataset ?? {};
  const base = new URL(tag?.src || script, location.href);
  const connection = createConnection({
    push: pushOf(data, base),
    pingUrl: new URL(data['ping'] ?? ping, base).href,
    idle: () => document.hidden,
  });
  const leave = createLeave();
  const admin = 'admin' in data;
  const announcement = createAnnouncement(data['announce'], texts);
  const banner = createBanner(admin ? 'edge' : 'banner', data[admin ? 'admin' : 'banner'], texts.on);
  const isMaintenancePage = data['page'] === 'maintenance';
  const page = isMaintenancePage
    ? createMaintenancePage(connection, leave, asks === true)
    : createOpenPage(connection, leave, {
        banner,
        exempt: admin || 'exempt' in data || 'banner' in data,
        isKept: watchForms(),
      });

  const fire = (name: string, detail: unknown): void => void dispatchEvent(new CustomEvent(name, { detail }));
  let before: MaintenanceStatusMessage | undefined;
  connection.subscribe((status) => {
    fire('maintenance:change', status);
    page.hear(status, before);
    // the most urgent first
    announcement.show(status.maintenanceMode || isMaintenancePage ? [] : (status.upcoming ?? []));
    before = status;
  });
  connection.onConnection((state) => {
    fire('maintenance:connection', state);
    page.hearConnection?.(state);
  });
  const wake = (): void => {
    if (!document.hidden) {
      connection.wake();
      leave.hurry();
    }
  };
  addEventListener('visibilitychange', wake);

  const api: PageApi = {
    get status() {
      return connection.status;
    },
    get connection() {
      return connection.connection;
    },
    get keepsPage() {
      const { connection: state, status } = connection;
      const waits = status?.maintenanceMode === true || leave.plan === 'turn';
      return state === 'lost' || (state === 'live' && waits);
    },
    subscribe: connection.subscribe,
    ping: connection.ping,
    close() {
      leave.cancel();
      removeEventListener('visibilitychange', wake);
      banner.hide();
      announcement.show([]);
      connection.close();
    },
  };
  // a variable of the page's own is left alone
  if (!Object.hasOwn(window, 'maintenance')) {
    window.maintenance = api;
  }
}
