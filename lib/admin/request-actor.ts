const LONGEST = 200;

/** What identifies an account, in this order, as in Passport profiles, JWT claims and user entities. */
const ACCOUNT = ['email', 'username', 'preferred_username', 'id', 'sub'];
/** Display names, which most applications let users choose. */
const DISPLAY_NAME = ['displayName', 'name'];

/**
 * Who makes a change, from what the application's own authentication has put on `request.user`, so that nobody can pass off as
 * somebody else in the body.
 *
 * @returns the account, with the display name beside it, such as `ada@example.com (Ada)`; the first of the two that there is
 * where the other is missing; `undefined` when there is no user
 */
export function getRequestActor(request: unknown): string | undefined {
  const { user } = request as { user?: unknown };
  if (typeof user !== 'object' || user === null) {
    return text(user);
  }
  const account = first(user, ACCOUNT);
  const name = first(user, DISPLAY_NAME);
  // the account comes first, so that no display name can pose as one
  return account !== undefined && name !== undefined && name !== account
    ? `${account} (${name})`
    : (account ?? name);
}

function first(user: object, names: readonly string[]): string | undefined {
  for (const name of names) {
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
  return String(value).replace(/\s+/g, ' ').trim().slice(0, LONGEST) || undefined;
}
