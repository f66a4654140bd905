import type { Connection } from '../../client/connection-options.js';

/** `window.maintenance`. */
export interface PageApi extends Pick<Connection, 'status' | 'connection' | 'subscribe' | 'ping' | 'close'> {
  /**
   * For the built-in page, which must not reload by itself: if the server has gone, the browser would show its own error page,
   * from which nothing leads back; otherwise the server reports the end and when to come back.
   */
  readonly keepsPage: boolean;
}

declare global {
  interface Window {
    maintenance?: PageApi;
  }
}
