import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { end, hasEnded, spawnMortal } from '../support/process.js';
import { until } from '../support/until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface ProgramOptions {
  args?: string[];
  env?: NodeJS.ProcessEnv;
}

/** A sample in a process of its own, as a reader would start it. */
export class Program implements AsyncDisposable {
  /** What it has printed. */
  output = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  /** @param file from the repository's root */
  static start(file: string, { env = {}, args = [] }: ProgramOptions = {}): Program {
    const options = {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    };
    return new Program(spawnMortal(process.execPath, [file, ...args], options));
  }

  /** The first match in what it prints. */
  async prints(pattern: RegExp, timeout = 25_000): Promise<RegExpExecArray> {
    const seen = () => pattern.exec(this.output);
    await until(() => seen() ?? hasEnded(this.child), {
      timeout,
      what: `the program to print ${pattern}`,
    });
    const match = seen();
    if (!match) throw new Error(`The program has ended without printing ${pattern}:\n${this.output}`);
    return match;
  }

  /** Sends the signal that Ctrl+C sends, and gives the exit code. */
  interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended();
  }

  /** Waits until it has ended, and gives its exit code. */
  async ended(): Promise<number | null> {
    if (!hasEnded(this.child)) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const impatient = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await end(this.child, 'SIGTERM');
    clearTimeout(impatient);
  }
}
