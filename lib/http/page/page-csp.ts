import { PAGE_SCRIPT_SOURCE, PAGE_STYLES_SOURCE } from '../../browser/page.generated.js';

/**
 * What the policy of {@link maintenancePageCsp} allows beyond the page itself.
 *
 * @publicApi
 */
export interface MaintenancePageCspOptions {
  /** The `scriptUrl` of the page: allows scripts from, and connections to, the page's own origin. */
  scriptUrl?: string | null;
  /** Further sources the script may connect to, e.g. `wss://live.example.com`. */
  connect?: string[];
  /** Who may show the page in a frame: sources of `frame-ancestors`; `''`: everybody. Default `'self'`. */
  ancestors?: string;
}

const OWN_SOURCES = `default-src 'none'; style-src ${PAGE_STYLES_SOURCE}; script-src ${PAGE_SCRIPT_SOURCE}`;

/**
 * The Content-Security-Policy of the built-in page: it allows the page's style and script by their hashes and its icon, and without options nothing else.
 * Source: https://www.w3.org/TR/CSP3/
 *
 * @returns the value of the header
 *
 * @publicApi
 */
export function maintenancePageCsp(options: MaintenancePageCspOptions = {}): string {
  const { ancestors = `'self'` } = options;
  const connect = (options.connect ?? []).map(encodeSource);
  if (options.scriptUrl) connect.unshift(`'self'`);
  return (
    `${OWN_SOURCES}${options.scriptUrl ? ` 'self'` : ''}; ` +
    (connect.length > 0 ? `connect-src ${connect.join(' ')}; ` : '') +
    `img-src data:; base-uri 'none'; form-action 'none'` +
    (ancestors ? `; frame-ancestors ${ancestors}` : '')
  );
}

/** Whatever it contains, a source must end neither its directive nor the header line. */
function encodeSource(source: string): string {
  return source.replace(/[^\x21-\x2b\x2d-\x3a\x3c-\x7e]/gu, (character) =>
    Buffer.from(character, 'utf8').toString('hex').replace(/../g, '%$&'),
  );
}
