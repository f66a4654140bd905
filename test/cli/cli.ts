import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { watch } from '../support/process.js';

/** The command line, compiled by vitest's global set-up. */
export const MAIN = fileURLToPath(new URL('../../.tmp/replicas/lib/cli/main.js', import.meta.url));

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

/** Starts it, with nothing to read from. */
export function startCli(args: readonly string[], { env, cwd = '/' }: CliOptions = {}): ChildProcess {
  return watch(
    spawn(process.execPath, [MAIN, ...args], { cwd, env: clean(env), stdio: ['ignore', 'pipe', 'pipe'] }),
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

export const cli = (args: readonly string[], options?: CliOptions): Promise<CliResult> =>
  resultOf(startCli(args, options));
