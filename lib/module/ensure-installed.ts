/** What Node 22, and what Node 20 says of JSON that is there. */
const FOUND = /^ERR_IMPORT_(ATTRIBUTE|ASSERTION_TYPE)_MISSING$/;

/**
 * Makes sure of a package that is only needed later, without the time it takes to load it: Node looks for its package.json
 * before it says that JSON is not imported like that.
 *
 * @param load imports the package; asked where that tells nothing, as in a bundle that has taken it in
 * @throws what `load` throws
 */
export async function ensureInstalled(name: string, load: () => Promise<unknown>): Promise<void> {
  try {
    const manifest = `${name}/package.json`;
    // bundlers could not follow it, and need not
    await import(/* webpackIgnore: true */ /* @vite-ignore */ manifest);
  } catch (error) {
    if (!FOUND.test(String((error as { code?: unknown }).code))) {
      await load();
    }
  }
}
