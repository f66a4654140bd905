import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { carryOut } from '../../lib/cli/command-line.js';
import { inWay } from '../../lib/core/history/way.js';
import type { OutputStream } from '../../lib/cli/output.js';
import { watch } from '../support/process.js';

const BUILT = fileURLToPath(new URL('../../.tmp/replicas/packed/cli', import.meta.url));
/** The command line, compiled and packed by vitest's global set-up. */
export const MAIN = `${BUILT}/main.js`;
const GUARDIAN = pathToFileURL(`${BUILT}/run/guardian.js`);

export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const clean = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(MAINTENANCE_|FORCE_COLOR|NO_COLOR)/.test(name),
  );
  return { ...Object.fromEntries(inherited), TZ: 'UTC', ...env };
};

/** One that runs in this process, as far as nobody can tell the difference. */
export class RunningCli extends EventEmitter {
  stdout = '';
  stderr = '';
  readonly result: Promise<CliResult>;
  private readonly controller = new AbortController();

  constructor(args: readonly string[], { env, cwd = '/' }: CliOptions = {}) {
    super();
    const stream = (name: 'stdout' | 'stderr'): OutputStream => ({
      write: (text) => {
        this[name] += text;
        this.emit('written');
      },
    });
    const around = {
      env: clean(env),
      folder: cwd,
      stdin: Readable.from([]),
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      interrupted: () => this.controller.signal,
      asCommandLine: <T>(work: () => T) => inWay('cli', work),
    };
    this.result = carryOut(args, GUARDIAN, around).then((code) => ({
      code,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.controller.abort();
  }

  /** What was printed by `--json`, line by line. */
  lines<T>(): T[] {
    return this.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  }
}

/** In this process: for all that is no matter of processes, signals or terminals. */
export const cli = (args: readonly string[], options?: CliOptions): Promise<CliResult> =>
  new RunningCli(args, options).result;

/** In a process of its own; with nothing to read from, unless something is to be piped to it. */
export function startCli(
  args: readonly string[],
  { env, cwd = '/', stdin = 'ignore' }: CliOptions & { readonly stdin?: 'ignore' | 'pipe' } = {},
): ChildProcess {
  return watch(
    spawn(process.execPath, [MAIN, ...args], { cwd, env: clean(env), stdio: [stdin, 'pipe', 'pipe'] }),
  );
}

/** What a process that was started prints, and what it ends with. */
export async function resultOf(child: ChildProcess): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

export const cliProcess = (args: readonly string[], options?: CliOptions): Promise<CliResult> =>
  resultOf(startCli(args, options));
