import type { HttpRequest } from '../request/http-request.js';
import { urlOf } from '../request/http-request.js';

/** Name of the query parameter that carries a token. */
export const BYPASS = 'maintenance-bypass';

/** What a bypass link asks for. */
export interface BypassLinkTarget {
  readonly token: string;
  /** The same URL without the token; always on this site. */
  readonly location: string;
}

/** The link that a request follows, if it carries exactly one token. */
export function parseBypassLink(request: HttpRequest): BypassLinkTarget | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return undefined;
  }
  const url = urlOf(request);
  if (!url.includes(`${BYPASS}=`)) {
    return undefined;
  }
  const [target = '', hash] = url.split('#', 2);
  const mark = target.indexOf('?');
  if (mark < 0 || hash !== undefined) {
    return undefined;
  }
  const query = target.slice(mark + 1);
  const [token, ...others] = new URLSearchParams(query).getAll(BYPASS);
  return token === undefined || others.length > 0
    ? undefined
    : { token, location: withoutToken(target.slice(0, mark), query) };
}

/** Keeps the rest of the query as it was sent, but no path that would lead to another host. */
function withoutToken(path: string, query: string): string {
  const rest = query
    .split('&')
    .filter((part) => new URLSearchParams(part).get(BYPASS) === null)
    .join('&');
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(path);
  const local = `/${(absolute ? path.slice(absolute[0].length) : path).replace(/^[/\\]+/, '')}`;
  return encoded(local) + (rest === '' ? '' : `?${encoded(rest)}`);
}

/** Percent-encodes bytes that a header cannot carry; Node represents each as one character. */
const encoded = (text: string): string =>
  text.replace(
    /[^\x21-\x7e]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
