const HIDDEN = '***';
/** `scheme://user:password@`. */
const URL_PASSWORD = /(\b[a-z][a-z\d+.-]*:\/\/[^\s:/@]*:)[^\s@]+(?=@)/gi;
/** `--db-password=…`, `API_TOKEN=…`. */
const ASSIGNED = /^(-*[\w-]*(?:password|passwd|secret|token|api[-_]?key|credentials?)=).+$/is;
/** `--password`, whose value is the next word. */
const NAMED = /^--?[\w-]*(?:password|passwd|secret|token|api[-_]?key|credentials?)$/i;

/** A command as other people may read it, as the reason of the maintenance: without anything that looks like a password. */
export const commandText = (command: readonly string[]): string =>
  command
    .map((word, index) =>
      NAMED.test(command[index - 1] ?? '')
        ? HIDDEN
        : word.replace(ASSIGNED, `$1${HIDDEN}`).replace(URL_PASSWORD, `$1${HIDDEN}`),
    )
    .join(' ');
