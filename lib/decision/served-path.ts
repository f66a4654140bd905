/** What would be read differently by whoever serves the path: an encoded slash, backslash or NUL. */
const HIDDEN = /%(?:2f|5c|00)/i;
/** What leads elsewhere than it says: empty and dot segments, backslashes, NUL. */
const DEVIOUS = /\/\/|\\|\0|\/\.{1,2}(?:\/|$)/;

/**
 * The path that a request asks for, decoded once; `undefined` where whoever serves it may read it differently.
 * @param path as it was sent, without query
 */
export function servedPath(path: string): string | undefined {
  if (HIDDEN.test(path)) {
    return undefined;
  }
  try {
    const decoded = path.includes('%') ? decodeURIComponent(path) : path;
    return decoded.startsWith('/') && !DEVIOUS.test(decoded) ? decoded : undefined;
  } catch {
    // not decodable: nothing is served by it
    return undefined;
  }
}
