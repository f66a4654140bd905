/** What no path is without being a pattern of some router, shell or regular expression, or encoded: paths are compared decoded. */
const PATTERN = /[*?[\]{}|^\\#\s]|%[\da-f]{2}|\$$|:\/\/|(^|\/)(\.\.?(\/|$)|\+(\/|$)|\()/i;

/** Segments of a path, as paths are compared: lower case, without empty ones. */
export const pathSegments = (path: string): string[] => path.toLowerCase().split('/').filter(Boolean);

/**
 * Is it a path that can match something and does not match everything: paths are compared by whole segments, so a pattern
 * would match nothing, and the root is not what somebody means who wants everything open.
 */
export const isIgnorePath = (value: unknown): boolean =>
  typeof value === 'string' && !PATTERN.test(value) && pathSegments(value).length > 0;
