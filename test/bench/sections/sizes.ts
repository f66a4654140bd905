import { gzipSync } from 'node:zlib';
import { SOCKET_SCRIPT } from '../../../lib/browser/socket.generated.js';
import { STREAM_SCRIPT } from '../../../lib/browser/stream.generated.js';
import { renderMaintenancePage } from '../../../lib/http/page/page.js';
import { DEFAULT_MESSAGE } from '../../../lib/i18n/texts.js';
import type { Report } from '../report.js';

const settings = JSON.stringify({
  script: '/maintenance/script',
  url: null,
  path: '/socket.io',
  namespace: '/maintenance',
});

const page = (until: Date | null): string =>
  renderMaintenancePage({
    statusCode: 503,
    message: DEFAULT_MESSAGE,
    until,
    retryAfter: 60,
    refreshDelay: 60_000,
    language: 'en',
    text: (english) => english,
    scriptUrl: '/maintenance/script',
  });

/** What visitors load, and the most it may be: what it was when the sources of browsers were still text. */
const SERVED: readonly [what: string, text: string, most: number, mostZipped: number][] = [
  ['browser script with Socket.IO', SOCKET_SCRIPT.join(settings), 58_387, 18_467],
  ['browser script with events', STREAM_SCRIPT.join(settings), 15_000, 6_400],
  ['maintenance page, end known', page(new Date('2031-03-04T15:06:00Z')), 6_591, 2_909],
  ['maintenance page, end not known', page(null), 6_320, 2_753],
];

/** Bytes of what is served to browsers, as they are and zipped. */
export async function sizes(report: Report): Promise<void> {
  for (const [what, text, most, mostZipped] of SERVED) {
    const add = (name: string, median: number, limit: number): void =>
      report.add({
        section: 'sizes',
        what: name,
        beside: 'bytes',
        median,
        spread: undefined,
        limit: { most: limit },
      });
    add(what, Buffer.byteLength(text), most);
    add(`${what}, gzip`, gzipSync(text, { level: 9 }).length, mostZipped);
  }
}
