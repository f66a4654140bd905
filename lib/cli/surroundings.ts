import { setUsualWay } from '../core/history/way.js';
import type { OutputStream } from './output.js';

/** What the command line reads from and writes to: its own process, or what a caller in the same process provides. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Where the search for settings begins. */
  readonly folder: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborts when somebody wants it to end. */
  interrupted(): AbortSignal;
  /** What work changes counts as made by the command line. */
  asCommandLine<T>(work: () => T): T;
}

export const ofThisProcess = (): Surroundings => ({
  env: process.env,
  folder: workingFolder(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  interrupted,
  asCommandLine: (work) => {
    setUsualWay('cli');
    return work();
  },
});

/** A folder may be deleted while a shell is in it, such as a release that was replaced: then there are no settings to be found. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/** Aborts with the first Ctrl-C, or when the process is asked to end; a second one ends it at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}
