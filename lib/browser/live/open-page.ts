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
    const own = await connection.look().catch(() => null);
    const { status } = connection;
    if (!status?.maintenanceMode || own?.maintenanceMode === false) {
      return;
    }
    if (!own && connection.connection !== 'live') {
      // a page that is left for a server that has gone would not come back
      missed = true;
    } else if (!isKept() && mayLeave(status, seen)) {
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
