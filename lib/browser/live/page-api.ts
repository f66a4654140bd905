import type { Connection } from '../../client/connection-options.js';

/** `window.maintenance`. */
export type PageApi = Pick<Connection, 'status' | 'connection' | 'subscribe' | 'ping' | 'close'>;

declare global {
  interface Window {
    maintenance?: PageApi;
  }
}
