const LONGEST = 200;

/** In this order, as Passport profiles, JWT claims and user entities call them. */
const NAMES = ['name', 'displayName', 'username', 'preferred_username', 'email', 'id', 'sub'];

/**
 * Who makes a change: what the application's own authentication has put on `request.user`, so that nobody can name somebody
 * else in the body.
 *
 * @returns the first of name, displayName, username, preferred_username, email, id, sub that says something; `undefined`
 * when there is no user
 */
export function getRequestActor(request: unknown): string | undefined {
  const { user } = request as { user?: unknown };
  if (typeof user !== 'object' || user === null) {
    return text(user);
  }
  for (const name of NAMES) {
    const said = text((user as Record<string, unknown>)[name]);
    if (said !== undefined) {
      return said;
    }
  }
  return undefined;
}

function text(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    return undefined;
  }
  return String(value).trim().slice(0, LONGEST) || undefined;
}
