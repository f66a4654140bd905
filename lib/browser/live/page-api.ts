import type { Connection } from '../../client/connection-options.js';

/** `window.maintenance`. */
export interface PageApi extends Pick<Connection, 'status' | 'connection' | 'subscribe' | 'ping' | 'close'> {
  /**
   * For the built-in page, which must not load itself anew: the server has gone, and would be answered for by the browser's own page,
   * from which nothing leads back; or it will tell of the end, and when to come back.
   */
  readonly keepsPage: boolean;
}

declare global {
  interface Window {
    maintenance?: PageApi;
  }
}
