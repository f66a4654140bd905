import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { spawnMortal } from '../support/process.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { Journal, type Result } from './history.js';
import type { World } from './world.js';

/** What a command line is to run. */
export interface Migration {
  /** Of 20 ms each. */
  readonly steps: number;
  /** It heeds no TERM. */
  readonly stubborn?: boolean;
  /** Milliseconds to wait for the lock. */
  readonly wait?: number;
  /** Milliseconds to wait until it is quiet; `false`: not at all. */
  readonly drain?: number | false;
}

/** The shortest lease that `run` takes. */
const LEASE = 6_000;

/** An operator's machine: it runs one migration after another by `nestjs-maintenance run`, over a wire of its own. */
export class CommandLine {
  #child: ChildProcess | undefined;
  #killed = false;
  #lives = 0;

  constructor(
    readonly name: string,
    readonly proxy: TcpProxy,
    private readonly world: World,
  ) {}

  /** Runs a migration to its end, or to that of the process. */
  async run(
    op: string,
    key: string,
    { steps, stubborn = false, wait, drain = 5_000 }: Migration,
  ): Promise<void> {
    const { world } = this;
    const who = `${this.name}.${++this.#lives}`;
    const file = (path: string): string => fileURLToPath(new URL(path, world.build));
    const kind = stubborn ? 'stubborn' : 'polite';
    const work = [
      file('migration.js'),
      world.journalPath,
      who,
      op,
      String(steps),
      String(world.resourcePort),
      kind,
    ];
    const ours = [
      '--redis',
      this.proxy.url,
      '--lease',
      `${LEASE}ms`,
      '--drain',
      drain === false ? 'none' : `${drain}ms`,
      '--message',
      op,
      ...(wait === undefined ? [] : ['--wait', `${wait}ms`]),
    ];
    const args = [file('../../lib/cli/main.js'), 'run', key, ...ours, '--', process.execPath, ...work];
    const journal = new Journal(world.journalPath, who);
    journal.note({ e: 'op', op, wish: { kind: 'maintain', key, drain, lock: true, command: true } });
    const child = spawnMortal(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    journal.note({ e: 'boot', pid: child.pid as number });
    this.#child = child;
    this.#killed = false;
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    if (this.#killed || said.includes('could not be opened')) {
      // what it held stays, as when it is killed
      world.journal.note({ e: 'killed', who });
    } else {
      journal.note({ e: 'done', op, result: resultOf(code, said) });
    }
    this.#child = undefined;
    journal.close();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  kill(): void {
    this.#killed ||= this.#child !== undefined;
    this.signal('SIGKILL');
  }
}

function resultOf(code: number | null, said: string): Result {
  const ended = said.includes('run ended the command');
  const errors: Readonly<Record<number, string>> = {
    124: 'MaintenanceStoreError',
    125: 'MaintenanceLockedError',
    127: 'MaintenanceDrainError',
  };
  return code === 0
    ? { ok: true }
    : {
        ok: false,
        error: ended ? 'MaintenanceLockLostError' : (errors[code ?? -1] ?? `code ${code}`),
        message: said.trim(),
        refused: true,
      };
}
