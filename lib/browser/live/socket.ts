// The browser script if there is a gateway.
import { io } from 'socket.io-client';
import { pushBySocket, type SocketFactory } from '../../client/socket-push.js';
import type { SocketScriptSettings } from '../settings.js';
import { runPage } from './page.js';
import { showTicket } from './ticket.js';
import { unlessUnloading } from './unloading.js';
import { restUnwatched } from './unwatched.js';

/** The server replaces this name by its settings. */
declare const MAINTENANCE_SETTINGS: SocketScriptSettings;

const settings = MAINTENANCE_SETTINGS;
const { url, path, namespace } = settings;

runPage(settings, (data, base) => {
  const { origin } = new URL(data['url'] ?? url ?? base.origin, base);
  return unlessUnloading(
    restUnwatched(
      pushBySocket(io as unknown as SocketFactory, {
        origin,
        namespace: data['namespace'] ?? namespace,
        path: data['path'] ?? path,
        ...(data['ticket'] !== undefined && { auth: showTicket(new URL(data['ticket'], base)) }),
      }),
    ),
  );
});
