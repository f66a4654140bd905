/** A path of this library as a browser asks for it: global prefix, base route, name. */
export function mountedPath(prefix: string, base: string, name: string): string {
  return `/${[prefix, base, name]
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}

/** What a policy must allow for a Socket.IO server: browsers do not take a `http:` source for `ws:` everywhere. */
export function socketSources(url: string): string[] {
  const { origin } = new URL(url);
  return [origin.replace(/^ws/, 'http'), origin.replace(/^http/, 'ws')];
}
