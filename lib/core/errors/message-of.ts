/** The message of whatever was thrown; never throws itself. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof AggregateError && error.errors.length > 0) {
      // one for each address of a name; they usually say the same
      return [...new Set(error.errors.map(messageOf))].join('; ');
    }
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return 'an object that cannot be shown';
  }
}
