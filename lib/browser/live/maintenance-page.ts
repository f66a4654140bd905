import type { Connection } from '../../client/connection-options.js';
import { replaceBuiltInPage, updateBuiltInPage } from './built-in-page.js';
import { reload, spreadOf, type Leave } from './leave.js';
import { mayLeave } from './left-pages.js';
import type { LivePage } from './live-page.js';

/** What this page's own address answers now: `null` when it is open again. */
async function fetchPage(): Promise<string | null> {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
  const refused = answer.status >= 500 || answer.headers.get('x-maintenance-mode') !== null;
  return refused ? answer.text() : null;
}

/** A maintenance page: left when maintenance ends, and kept up to date until then. */
export function createMaintenancePage(connection: Connection, leave: Leave): LivePage {
  const isOpen = (): boolean => connection.status?.maintenanceMode === false;

  /** It may be for a key that closes only a part of the site, which no status mentions: only its own address tells. */
  async function look(seen: boolean): Promise<void> {
    const { status } = connection;
    const page = await fetchPage().catch(() => undefined);
    if (!status || connection.status !== status) {
      return;
    }
    if (page) {
      replaceBuiltInPage(page);
    } else if (page === null && !status.maintenanceMode && mayLeave(status, seen)) {
      go();
    }
  }

  function go(): void {
    // a page that is left for a server that has gone would not find back
    if (connection.connection !== 'lost' && isOpen()) {
      reload();
    }
  }

  return {
    hear(status, before) {
      const seen = before !== undefined;
      const spread = spreadOf(status, before);
      if (status.maintenanceMode) {
        leave.cancel();
        if (!updateBuiltInPage(status, before)) {
          leave.within(spread, 'look', () => void look(seen));
        }
      } else if (before?.maintenanceMode) {
        leave.within(spread, 'go', go);
      } else if (leave.plan !== 'go') {
        // more than one state may say that it is over, and the first is enough
        leave.within(spread, 'look', () => void look(seen));
      }
    },
    hearConnection(state) {
      if (state === 'lost') {
        // a refresh that the page came with would load the browser's own error page, from which nothing leads back
        window.stop();
      } else if (isOpen() && leave.plan === undefined) {
        // what kept it from leaving before may be gone
        void look(true);
      }
    },
  };
}
