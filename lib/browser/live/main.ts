import { io } from 'socket.io-client';
import type { SocketFactory } from '../../client/connection-options.js';
import { runPage } from './page.js';
import type { ScriptSettings } from '../settings.js';

/** The server puts its settings in the place of this name. */
declare const MAINTENANCE_SETTINGS: ScriptSettings;

runPage(MAINTENANCE_SETTINGS, io as unknown as SocketFactory);
