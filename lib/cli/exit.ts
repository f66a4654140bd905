/** What the process ends with. */
export const EXIT = {
  done: 0,
  /** Refused, or failed. */
  failed: 1,
  /** The command line itself is wrong, or something is not installed. */
  usage: 2,
  /** `status --exit-code`: something is in maintenance. */
  maintenance: 3,
  /** Whether it took effect is unknown: the store or the application could not be reached, or did not answer in time. */
  unknown: 4,
  /** Somebody else has the lock, or has changed it meanwhile. */
  conflict: 5,
  /** A key, or a planned window. */
  unknownKey: 6,
  /** Not all replicas have acknowledged, or not all is drained. */
  undrained: 7,
} as const;

/** Added to our exit codes by `run`, to tell them from the command's. */
export const RUN_EXIT = 120;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a message for its caller. */
export class CliError extends Error {
  override name = 'CliError';

  constructor(
    readonly exit: number,
    message: string,
    /** For programs. */
    readonly code: string = 'CLI_ERROR',
  ) {
    super(message);
  }
}

/** A wrong command line. */
export const usage = (message: string): CliError => new CliError(EXIT.usage, message, 'CLI_USAGE');

const CODES: ReadonlyMap<unknown, ExitCode> = new Map([
  ['MAINTENANCE_CONFIGURATION', EXIT.usage],
  ['MAINTENANCE_UNKNOWN_KEY', EXIT.unknownKey],
  ['MAINTENANCE_UNKNOWN_WINDOW', EXIT.unknownKey],
  ['MAINTENANCE_LOCKED', EXIT.conflict],
  ['MAINTENANCE_CONFLICT', EXIT.conflict],
  ['MAINTENANCE_LOCK_LOST', EXIT.conflict],
  ['MAINTENANCE_DRAIN', EXIT.undrained],
]);

/** The exit code after an error; the library's errors are recognised by their codes, without loading them. */
export function exitCodeOf(error: unknown): number {
  const { exit, code, outcome } = (error ?? {}) as { exit?: unknown; code?: unknown; outcome?: unknown };
  if (error instanceof CliError) {
    return exit as number;
  }
  if (code === 'MAINTENANCE_STORE') {
    return outcome === 'refused' ? EXIT.failed : EXIT.unknown;
  }
  return CODES.get(code) ?? EXIT.failed;
}

/** Options of the library that are called otherwise here. */
const CALLED: Readonly<Record<string, string>> = {
  timeout: '--for',
  duration: '--for',
  end: '--until',
  start: 'start',
  'duration and reopenOver': '--for and --reopen-over',
  'repeat.cron': '--repeat',
  'repeat.until': '--repeat-until',
  'repeat.count': '--count',
  'repeat.timeZone': '--zone',
};

/** Replaces the name of an option, as the library and its admin API have it, by that of the command line. */
export const inWordsOfOptions = (message: string): string =>
  message.replace(
    /^(?:Maintenance option "([\w. ]+)"|"(\w+)"(?= must ))/,
    (_, option: string | undefined, field: string | undefined) => called(option ?? field ?? ''),
  );

const called = (name: string): string =>
  CALLED[name] ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
