import type { Connection } from '../../client/connection-options.js';
import type { Banner } from './banner.js';
import { reload } from '../page/reload.js';
import { spreadOf, type Leave } from './leave.js';
import type { LivePage } from './live-page.js';
import { forgetLeft, mayLeave } from './left-pages.js';

/** How a page differs from others. */
export interface OpenPageOptions {
  readonly banner: Banner;
  /** Whether it is served in spite of maintenance. */
  readonly exempt: boolean;
  /** Whether its reader would lose something. */
  isFilledIn(): boolean;
}

/** A page of the application: left when maintenance begins, unless it is exempt. */
export function createOpenPage(
  connection: Connection,
  leave: Leave,
  { banner, exempt, isFilledIn }: OpenPageOptions,
): LivePage {
  const isClosed = (): boolean => connection.status?.maintenanceMode === true;
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
    } else if (!isFilledIn() && mayLeave(status, seen)) {
      reload();
    } else {
      marked = true;
      banner.show(status.message);
    }
  }

  function lookWithin(ms: number, seen: boolean): void {
    leave.within(ms, 'look', () => {
      if (isClosed()) {
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

  /** Visitors come back one after another: until this one's moment, what this page sends is refused. */
  async function awaitTurn(): Promise<void> {
    const own = await connection.look().catch(() => null);
    const { status } = connection;
    if (!status?.reopening) {
      return;
    }
    if (own?.maintenanceMode === false) {
      open();
    } else {
      banner.show(own?.message ?? null);
      leave.after((own?.retryAfter ?? 5) * 1000, 'turn', () => void awaitTurn());
    }
  }

  return {
    hear(status, before) {
      if (!status.maintenanceMode && status.reopening && marked && !exempt) {
        if (leave.plan !== 'turn' || status.reopening.until !== before?.reopening?.until) {
          leave.within(spreadOf(status, before), 'turn', () => void awaitTurn());
        }
      } else if (!status.maintenanceMode) {
        open();
      } else if (marked) {
        banner.show(status.message);
      } else if (before?.maintenanceMode !== true) {
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
