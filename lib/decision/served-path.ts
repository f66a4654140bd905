/** What would be read differently by whoever serves the path: an encoded slash, backslash or NUL. */
const HIDDEN = /%(?:2f|5c|00)/i;
/** The same once more, and an encoded dot, in what is decoded already: somebody further on may decode it again. */
const HIDDEN_TWICE = /%(?:2e|2f|5c|00)/i;
/** What leads elsewhere than it says: empty and dot segments, backslashes, NUL. */
const DEVIOUS = /\/\/|\\|\0|\/\.{1,2}(?:\/|$)/;

/**
 * The path that a request asks for, decoded once; `undefined` where whoever serves it may read it differently.
 * @param path as it was sent, without query
 */
export function servedPath(path: string): string | undefined {
  if (!path.startsWith('/') || HIDDEN.test(path)) {
    return undefined;
  }
  if (!path.includes('%')) {
    return DEVIOUS.test(path) ? undefined : path;
  }
  try {
    const decoded = decodeURIComponent(path);
    return DEVIOUS.test(decoded) || HIDDEN_TWICE.test(decoded) ? undefined : decoded;
  } catch {
    // not decodable: nothing is served by it
    return undefined;
  }
}
