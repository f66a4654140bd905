/** A path of this library as a browser asks for it: global prefix, base route, name. */
export function mountedPath(prefix: string, base: string, name: string): string {
  return `/${[prefix, base, name]
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
