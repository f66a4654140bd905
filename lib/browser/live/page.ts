import { createConnection } from '../../client/connection.js';
import type { SocketFactory } from '../../client/connection-options.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { createBanner } from './banner.js';
import { showTicket } from './ticket.js';
import './page-api.js';
import type { ScriptSettings } from '../settings.js';

/**
 * What the browser script does on a page.
 *
 * Attributes of its own tag choose: `data-page="maintenance"` on a maintenance page; `data-exempt` or `data-banner` (with a
 * text of its own, or `none`) where the page is served in spite of maintenance; `data-admin` where operators shall see it;
 * `data-url`, `data-path`, `data-namespace`, `data-ping` for other addresses; `data-ticket` where a ticket is got before each
 * connection, which key data may need.
 */
export function runPage(settings: ScriptSettings, io: SocketFactory | null): void {
  if (window.maintenance) {
    return;
  }
  // a module script has none
  const tag = document.currentScript as HTMLScriptElement | null;
  const data: DOMStringMap = tag?.dataset ?? {};
  const base = new URL(tag?.src || settings.script, location.href);
  const onMaintenancePage = data['page'] === 'maintenance';
  const admin = data['admin'] !== undefined;
  const exempt = admin || data['exempt'] !== undefined || data['banner'] !== undefined;
  const marks = createBanner(admin ? 'edge' : 'banner');
  const REMEMBERED = 'maintenance:left';
  let before: boolean | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;

  const link = createConnection({
    io,
    socketUrl:
      new URL(data['url'] ?? settings.url ?? base.origin, base).origin +
      (data['namespace'] ?? settings.namespace),
    path: data['path'] ?? settings.path,
    ...(data['ticket'] !== undefined && { auth: showTicket(new URL(data['ticket'], base)) }),
    pingUrl: new URL(data['ping'] ?? 'ping', base).href,
    idle: () => document.hidden,
  });

  function fire(name: string, detail: unknown): void {
    window.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** A page is left once per state: one that turns out to be served all the same must not be loaded again and again. */
  function mayLeave({ revision, maintenanceMode }: MaintenanceStatusMessage): boolean {
    const mark = JSON.stringify([location.href, revision, maintenanceMode]);
    try {
      if (sessionStorage.getItem(REMEMBERED) === mark) {
        return false;
      }
      sessionStorage.setItem(REMEMBERED, mark);
    } catch {
      // no storage in this browser: then a page is only left when the state has changed before its eyes
      return before !== undefined;
    }
    return true;
  }

  function reload(): void {
    // reload() would offer to send a form again; it is needed where replacing would not load
    if (location.hash) {
      location.reload();
    } else {
      location.replace(location.href);
    }
  }

  /**
   * Not everybody in the same moment, unless everybody looked by himself, at a moment of his own; who is not looking can
   * wait.
   */
  function leaveWithin(ms: number, allowed: () => boolean): void {
    stay();
    const spread = link.connection === 'live' ? ms : 0;
    leaving = setTimeout(
      () => {
        leaving = undefined;
        // a page that is left for a server that has gone would not find back
        if (allowed() && link.connection !== 'lost') {
          reload();
        }
      },
      Math.random() * (document.hidden ? ms * 20 : spread),
    );
  }

  function stay(): void {
    clearTimeout(leaving);
    leaving = undefined;
  }

  /** Maintenance has begun: is it for this visitor, too? The ping endpoint knows of bypasses. */
  async function onBegin(status: MaintenanceStatusMessage): Promise<void> {
    const current = (): boolean => link.status !== null && link.status.maintenanceMode;
    const refused = await link.look().then(
      (own) => own.maintenanceMode,
      () => true,
    );
    if (!refused || !current()) {
      return;
    }
    if (mayLeave(status)) {
      leaveWithin(250, current);
    } else {
      mark(status);
    }
  }

  /** The maintenance page: open for a change of state, or for a key that closes only a part of the site. */
  async function onMaintenance(status: MaintenanceStatusMessage, was: boolean | undefined): Promise<void> {
    if (status.maintenanceMode) {
      stay();
      return;
    }
    // more than one state may say that it is over, and the first is enough
    const over = (): boolean => link.status !== null && !link.status.maintenanceMode;
    if (leaving !== undefined) {
      return;
    }
    if (was === true) {
      leaveWithin(500, over);
      return;
    }
    const current = (): boolean => link.status === status;
    const refused = await fetch(location.href, {
      headers: { accept: 'text/html' },
      cache: 'no-store',
    })
      .then((answer) => answer.status >= 500 || answer.headers.get('x-maintenance-mode') !== null)
      .catch(() => true);
    if (!refused && current() && mayLeave(status)) {
      leaveWithin(500, over);
    }
  }

  function mark(status: MaintenanceStatusMessage): void {
    const own = data[admin ? 'admin' : 'banner'];
    if (!status.maintenanceMode || own === 'none') {
      marks.hide();
    } else {
      marks.show(own || (admin ? 'Maintenance mode is on' : status.message || 'Maintenance mode is on'));
    }
  }

  link.subscribe((status) => {
    const was = before;
    fire('maintenance:change', status);
    if (onMaintenancePage) {
      void onMaintenance(status, was);
    } else if (exempt || !status.maintenanceMode) {
      stay();
      mark(status);
    } else if (was !== true) {
      void onBegin(status);
    }
    before = status.maintenanceMode;
  });
  link.onConnection((connection) => {
    fire('maintenance:connection', connection);
    if (onMaintenancePage && connection === 'lost') {
      // a refresh that the page came with would load the browser's own error page, from which nothing leads back
      window.stop();
    } else if (onMaintenancePage && link.status) {
      // what kept it from leaving before may be gone
      void onMaintenance(link.status, undefined);
    }
  });
  const wake = (): void => {
    if (!document.hidden) {
      link.wake();
    }
  };
  document.addEventListener('visibilitychange', wake);

  window.maintenance = {
    get status() {
      return link.status;
    },
    get connection() {
      return link.connection;
    },
    subscribe: (listener) => link.subscribe(listener),
    ping: (key) => link.ping(key),
    close() {
      stay();
      document.removeEventListener('visibilitychange', wake);
      marks.hide();
      link.close();
    },
  };
}
