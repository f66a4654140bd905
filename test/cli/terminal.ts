import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireTool } from '../support/tools.mjs';
import { until } from '../support/until.js';

const run = promisify(execFile);

export interface TerminalOptions {
  /** Where it begins, and where what was on the screen is kept. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly columns?: number;
}

/** A program on a pseudo-terminal of its own. */
export class Terminal {
  /** What it ends with. */
  readonly result: Promise<number>;
  private readonly running: ReturnType<typeof run>;
  private readonly file: string;

  constructor(command: readonly string[], { folder, env, columns = 80 }: TerminalOptions) {
    this.file = join(folder, `screen-${randomUUID()}`);
    const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    // no shell stays in between: some end differently from what they run
    this.running = run(requireTool('script'), ['-qefc', `stty cols ${columns}; exec ${words}`, this.file], {
      cwd: folder,
      env: { ...process.env, TERM: 'xterm', ...env },
    });
    this.result = this.running.then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  }

  screen(): Promise<string> {
    return readFile(this.file, 'utf8').catch(() => '');
  }

  async shows(what: string | RegExp): Promise<void> {
    const fits = (screen: string): boolean =>
      typeof what === 'string' ? screen.includes(what) : what.test(screen);
    await until(async () => fits(await this.screen()), { timeout: 20_000, what: `${what} on the screen` });
  }

  type(text: string): void {
    this.running.child.stdin?.write(text);
  }

  /** Another size of the window, of which the program in it hears. */
  async resize(columns: number): Promise<void> {
    const device = await readlink(`/proc/${await this.pid()}/fd/0`);
    await run('stty', ['-F', device, 'cols', String(columns)]);
  }

  /** The window is closed. */
  hangUp(): void {
    this.running.child.kill('SIGKILL');
  }

  /** Of the program on it. */
  async pid(): Promise<number> {
    const { pid } = this.running.child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return Number(children.trim().split(' ')[0]);
  }

  /** Types, and has no more to say. */
  end(text = ''): void {
    this.running.child.stdin?.end(text);
  }
}
