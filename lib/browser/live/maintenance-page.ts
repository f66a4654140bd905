import type { Connection } from '../../client/connection-options.js';
import { replaceBuiltInPage, showTurn, updateBuiltInPage } from './built-in-page.js';
import { reload } from '../page/reload.js';
import { spreadOf, type Leave } from './leave.js';
import { forgetLeft, mayLeave } from './left-pages.js';
import type { LivePage } from './live-page.js';
import { askForTurn, takePlace, turnOf } from './turn.js';

/** The present response of this page's own address: `null` if it is open again. */
async function fetchPage(): Promise<string | null> {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
  // 429: somebody in front has answered, and a page that is left for that would not come back
  const refused = answer.status > 428 || answer.headers.has('x-maintenance-mode');
  return refused ? answer.text() : null;
}

/** Ms after the moment itself: a page that comes too early is refused once more. */
const LATE = 50;
/** Ms, so that the clocks of a visitor and the server may differ: what has begun longer ago was interrupted, or missed. */
const JUST_NOW = 5_000;

/**
 * A maintenance page: left when maintenance ends, and kept up to date until then.
 * @param asks only the server knows a visitor's place
 */
export function createMaintenancePage(connection: Connection, leave: Leave, asks: boolean): LivePage {
  const isOpen = (): boolean => connection.status?.maintenanceMode === false;
  /** About to leave: further news would only load the page twice. */
  let leaving = false;
  /** Counts the news. The same status may arrive again, which is none. */
  let news = 0;
  /** The beginning of the last reopening that was seen. */
  let seenFrom: string | undefined;

  /** It may be for a key that closes only a part of the site, which no status mentions: only its own address tells. */
  async function look(seen: boolean): Promise<void> {
    const { status } = connection;
    const known = news;
    const page = await fetchPage().catch(() => undefined);
    if (!status || news !== known) {
      return;
    }
    if (page) {
      replaceBuiltInPage(page);
    } else if (page === null && mayGo() && mayLeave(status, seen)) {
      go();
    }
  }

  /** A page that is left for a server that has gone would not come back. */
  const mayGo = (): boolean => connection.connection !== 'lost' && isOpen();

  function go(): void {
    if (mayGo()) {
      leaving = true;
      reload();
    }
  }

  /** Visitors come back one after another: this one after this many ms. */
  function comeBackAfter(ms: number): void {
    showTurn(ms);
    leave.after(ms + LATE, 'turn', go);
  }

  /** Whether visitors have just begun to come back, before this page's eyes: then it needs no clock to know its moment. */
  const hasBegun = (from: string): boolean =>
    from !== seenFrom && Math.abs(Date.now() - Date.parse(from)) < JUST_NOW;

  return {
    hear(status, before) {
      news++;
      const seen = before !== undefined;
      const spread = spreadOf(status, before);
      if (status.maintenanceMode) {
        leaving = false;
        leave.cancel();
        if (!updateBuiltInPage(status, before)) {
          leave.within(spread, 'look', () => void look(seen));
        }
      } else if (leaving) {
        return;
      } else if (status.reopening) {
        const place = before?.maintenanceMode && !asks && hasBegun(status.reopening.from) ? takePlace() : NaN;
        seenFrom = status.reopening.from;
        if (place >= 0) {
          comeBackAfter(turnOf(status.reopening, place));
        } else {
          askForTurn(connection, leave, before, comeBackAfter);
        }
      } else if (before?.maintenanceMode || before?.reopening) {
        leave.within(spread, 'go', go);
      } else if (leave.plan !== 'go') {
        // several states may say that it is over, and the first is enough
        leave.within(spread, 'look', () => void look(seen));
      }
    },
    hearConnection(state) {
      if (state === 'lost') {
        // the page's refresh would load the browser's own error page, from which nothing leads back
        stop();
        if (leaving) {
          leaving = false;
          forgetLeft();
        }
      } else if (isOpen() && !leave.plan) {
        // what kept it from leaving before may be gone
        void look(true);
      }
    },
  };
}
