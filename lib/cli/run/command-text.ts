const HIDDEN = '***';
/** What a secret is called: `--db-password`, `API_TOKEN`, `AWS_SECRET_ACCESS_KEY`. */
const { source: NAME } =
  /[\w-]*(?:password|passwd|passphrase|(?<![a-z])(?:pass|pwd)|secret|token|(?:api|access|private|secret)[-_]?key|credentials?)/;
/** Where a word begins within a command, and a value there, in quotes or not. */
const { source: BEGINNING } = /^|[\s;&|("']/;
const { source: VALUE } = /"[^"]*"|'[^']*'|[^\s;&|)"']+/;
/** `scheme://user:password@`. */
const URL_PASSWORD = /(\b[a-z][a-z\d+.-]*:\/\/[^\s:/@]*:)[^\s@]+(?=@)/gi;
/** A word such as `--db-password=…` or `API_TOKEN=…`. */
const ASSIGNED = new RegExp(`^(-*${NAME}=).+$`, 'is');
/** `--password`, whose value is the next word. */
const NAMED = new RegExp(`^--?${NAME}$`, 'i');
/** Both within a word, as in `sh -c "cd shop && API_TOKEN=… ./migrate"`. */
const WITHIN = new RegExp(`((?:${BEGINNING})(?:-*${NAME}=|--?${NAME}\\s+))(?:${VALUE})`, 'gi');
/** `Authorization: Bearer …`. */
const HEADER = /(\b(?:authorization|cookie|x-[\w-]*(?:token|key|secret))\s*:\s*)[^\s"'][^"']*/gi;

/** A command as other people may read it, as the reason of the maintenance: without anything that looks like a password. */
export const commandText = (command: readonly string[]): string =>
  command
    .map((word, index) => (NAMED.test(command[index - 1] ?? '') ? HIDDEN : withoutSecrets(word)))
    .join(' ');

const withoutSecrets = (word: string): string =>
  [ASSIGNED, WITHIN, HEADER, URL_PASSWORD].reduce(
    (text, pattern) => text.replace(pattern, `$1${HIDDEN}`),
    word,
  );
