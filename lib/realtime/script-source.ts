import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createConnection } from '../client/connection.js';
import { createListeners } from '../client/listeners.js';
import { createPoller } from '../client/poller.js';
import { askPingEndpoint } from '../client/ping-endpoint.js';
import type { ScriptSettings } from './browser/dom.js';
import { createBanner } from './browser/banner.js';
import { runPage } from './browser/page.js';

/** A script ready to be sent. */
export interface ReadyScript {
  readonly body: Buffer;
  readonly etag: string;
}

/** Bodies remembered: `socket.url` may give another URL for every host that asks. */
const REMEMBERED = 16;

/** Makes the browser script: settings, the Socket.IO client that belongs to the server, and what pages do. */
export class ScriptSource {
  private readonly ready = new Map<string, ReadyScript>();
  private program: string | undefined;

  of(settings: ScriptSettings): ReadyScript {
    const prelude = asScript(settings);
    let script = this.ready.get(prelude);
    if (!script) {
      this.program ??= program();
      const body = Buffer.from(this.program.replace('SETTINGS', () => prelude));
      script = { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
      if (this.ready.size >= REMEMBERED) {
        this.ready.clear();
      }
      this.ready.set(prelude, script);
    }
    return script;
  }
}

/**
 * One classic script without a global name but `window.maintenance`: the Socket.IO client finds a module to export to,
 * whatever module loaders or other versions of it the page has.
 */
function program(): string {
  return [
    '(function () {',
    '"use strict";',
    'var settings = SETTINGS;',
    'var io = (function () { var module = { exports: {} }, exports = module.exports;',
    socketIoClient(),
    'return module.exports.io || module.exports; })();',
    `var linkParts = { createListeners: ${String(createListeners)}, createPoller: ${String(createPoller)}, askPingEndpoint: ${String(askPingEndpoint)} };`,
    `var createLink = ${String(createConnection)};`,
    `runPage(window, { createLink: function (options) { return createLink(options, linkParts); }, createMarks: ${String(createBanner)}, io: io, settings: settings });`,
    `${String(runPage).replace(/^function\s+[\w$]+/, 'function runPage')}`,
    '})();',
    '',
  ].join('\n');
}

/** The browser build that comes with the application's Socket.IO server, so that both speak the same protocol. */
function socketIoClient(): string {
  const require = createRequire(import.meta.url);
  const adapter = createRequire(require.resolve('@nestjs/platform-socket.io'));
  const folder = dirname(adapter.resolve('socket.io/package.json'));
  const source = readFileSync(join(folder, 'client-dist', 'socket.io.min.js'), 'utf8');
  // the map is not served
  return source.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '');
}

/** JSON that means the same inside a script, also one that is written into a page. */
function asScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
