import type { Connection } from '../../client/connection-options.js';
import type { Banner } from './banner.js';
import { reload } from '../page/reload.js';
import { spreadOf, type Leave } from './leave.js';
import type { LivePage } from './live-page.js';
import { forgetLeft, mayLeave } from './left-pages.js';
import { askForTurn } from './turn.js';

/** How a page differs from others. */
export interface OpenPageOptions {
  readonly banner: Banner;
  /** Whether it is served in spite of maintenance. */
  readonly exempt: boolean;
  /** Whether its reader would lose something. */
  isKept(): unknown;
}

/** Ms within which a page asks again if a proxy has answered. */
const ASKED_AGAIN = 10_000;

/** A router on the Navigation API may take a reload by script for a step of its own, and nothing would be loaded. */
function keepRoutersOut(): void {
  try {
    NavigateEvent.prototype.intercept = () => undefined;
  } catch {
    // a browser without it
  }
}

/** A page of the application: left when maintenance begins, unless it is exempt. */
export function createOpenPage(
  connection: Connection,
  leave: Leave,
  { banner, exempt, isKept }: OpenPageOptions,
): LivePage {
  /** Shows the banner, as long as it is true. */
  let marked = exempt;

  /** Nobody answered: it checks again when the server is found. */
  let missed = false;

  /** Maintenance has begun: for this visitor, too? The ping endpoint knows about bypasses. */
  async function look(seen: boolean): Promise<void> {
    let again: boolean | undefined;
    const own = await connection.look().catch(({ cause }: Error) => {
      // a proxy that reaches no server, or that is asked too often; with 503 it may also replace a refusal
      again = cause === 429 || cause === 502 || cause === 504;
    });
    const { status } = connection;
    if (!status?.maintenanceMode || own?.maintenanceMode === false) {
      return;
    }
    // a page that is left for a server that has gone, or for a proxy's own answer, would not come back
    if (!own && connection.connection !== 'live') {
      missed = true;
    } else if (again) {
      lookWithin(ASKED_AGAIN, seen);
    } else if (!isKept() && mayLeave(status, seen)) {
      keepRoutersOut();
      reload();
    } else {
      marked = true;
      banner.show(status.message);
    }
  }

  function lookWithin(ms: number, seen: boolean): void {
    leave.within(ms, 'look', () => {
      if (connection.status?.maintenanceMode) {
        void look(seen);
      }
    });
  }

  /** The site is open for this visitor. */
  function open(): void {
    forgetLeft();
    leave.cancel();
    banner.hide();
    marked = exempt;
  }

  return {
    hear(status, before) {
      if (!status.maintenanceMode && status.reopening && marked && !exempt) {
        // until this visitor's moment, what the page sends is refused
        askForTurn(connection, leave, before, (ms, message, again) => {
          if (ms === 0) {
            open();
          } else {
            banner.show(message);
            leave.after(ms, 'turn', again);
          }
        });
      } else if (!status.maintenanceMode) {
        open();
      } else if (marked) {
        banner.show(status.message);
      } else if (!before?.maintenanceMode) {
        lookWithin(spreadOf(status, before), before !== undefined);
      }
    },
    hearConnection(state) {
      if (missed && state !== 'lost') {
        missed = false;
        lookWithin(connection.status?.spread ?? 0, true);
      }
    },
  };
}
