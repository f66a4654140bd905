/** What a server further down might read differently: an encoded slash, backslash or NUL. */
const HIDDEN = /%(?:2f|5c|00)/i;
/** The same, and an encoded dot, in what is already decoded: a server further down may decode it again. */
const HIDDEN_TWICE = /%(?:2e|2f|5c|00)/i;
/** What leads elsewhere than it seems: empty and dot segments (some servers cut off what follows a semicolon), backslashes, NUL. */
const DEVIOUS = /\/\/|\\|\0|\/\.{1,2}(?:[/;]|%3b|$)/i;

/**
 * The path that a request asks for, decoded once; `undefined` if a server might read it differently.
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
