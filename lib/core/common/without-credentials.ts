/**
 * A URL, or what was meant to be one, without what may be secret: what precedes the last "@", and what follows "?" or "#". With an "@"
 * behind those nobody can tell a password from a query, and all of it is left out.
 */
export function withoutCredentials(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0] ?? '';
  const rest = url.slice(scheme.length);
  const [at, query] = [rest.lastIndexOf('@'), rest.search(/[?#]/)];
  if (query < 0) {
    return `${scheme}${at < 0 ? '' : '***@'}${rest.slice(at + 1)}`;
  }
  return at > query ? `${scheme}***` : `${scheme}${at < 0 ? '' : '***@'}${rest.slice(at + 1, query)}?***`;
}
