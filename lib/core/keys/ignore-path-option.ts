/**
 * Characters that belong to a pattern of some router, shell or regular expression, or to an encoding: paths are compared
 * decoded.
 */
const PATTERN = /[*?[\]{}|^\\#\s]|%[\da-f]{2}|\$$|:\/\/|(^|\/)(\.\.?(\/|$)|\+(\/|$)|\()/i;

/** Segments of a path in the form in which they are compared: lower case, without empty ones. */
export const pathSegments = (path: string): string[] => path.toLowerCase().split('/').filter(Boolean);

/**
 * Whether the path can match something and does not match everything: paths are compared by whole segments, so a pattern would
 * match nothing, and the root is an unlikely way to open everything.
 */
export const isIgnorePath = (value: unknown): boolean =>
  typeof value === 'string' && !PATTERN.test(value) && pathSegments(value).length > 0;
