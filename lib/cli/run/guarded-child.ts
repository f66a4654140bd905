import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '../../core/common/with-deadline.js';
import { CliError, EXIT } from '../exit.js';
import { monotonic } from './monotonic.js';
import { endGroup, groupLives } from './process-group.js';
import type { FromGuardian, ToGuardian } from './protocol.js';

/** How a child ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Milliseconds that the guardian may take to start the command. Where processes or threads run out, it may never begin. */
const START_TIMEOUT = 30_000;
/** Milliseconds after which we do what the guardian should have done: it may have been stopped, too. */
const BACKUP = 250;
/** Milliseconds between two checks of it. */
const LOOK_INTERVAL = 50;

/** The child, started and watched by a guardian that outlives us. */
export class GuardedChild {
  /** Settles when the child is gone. */
  readonly exit: Promise<ChildExit>;
  /** The guardian has ended it without being asked, because the lease was not renewed. */
  endedByLease = false;
  /** The guardian is gone, and we have ended the child. */
  unguarded = false;
  private over = false;
  private readonly guardian: ChildProcess;
  private readonly told = new EventEmitter();
  private pid: number | undefined;
  private kill = Infinity;

  /**
   * Starts the guardian, which takes a moment, and nothing else.
   * @param said gets the lines that the child writes to its file descriptor for progress
   */
  constructor(
    file: URL,
    private readonly said: (line: string) => void,
  ) {
    this.guardian = spawn(process.execPath, [fileURLToPath(file)], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    this.exit = new Promise((resolve) => {
      this.guardian.on('message', (message: FromGuardian) => {
        if (message.type === 'exited') {
          this.over = true;
          resolve(message);
        } else if (message.type === 'ending') {
          this.endedByLease = true;
        } else if (message.type === 'progress') {
          this.said(message.line);
        } else {
          this.pid = message.type === 'started' ? message.pid : undefined;
          this.told.emit('answer', message);
        }
      });
      this.guardian.once('error', (error) =>
        this.told.emit('answer', { type: 'failed', message: error.message }),
      );
      this.guardian.once('exit', () => {
        this.told.emit('answer', { type: 'failed', message: 'the guardian process has exited' });
        this.unguarded = !this.over;
        void this.finish(0).then(() => resolve({ code: null, signal: 'SIGKILL' }));
      });
    });
  }

  /** @throws CliError if it cannot be started; then it does not start later, either */
  async start(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    timeout = START_TIMEOUT,
  ): Promise<void> {
    if (!this.guardian.connected) {
      throw new CliError(EXIT.failed, 'The guardian process of the command has exited.', 'CLI_NOT_STARTED');
    }
    const answered = once(this.told, 'answer') as Promise<[FromGuardian]>;
    this.tell({ type: 'start', command, env });
    const silent = `The guardian process of the command did not answer within ${timeout} ms.`;
    const [answer] = await withDeadline(answered, timeout, () => {
      this.guardian.kill('SIGKILL');
      return new CliError(EXIT.failed, silent, 'CLI_NOT_STARTED');
    });
    if (answer.type === 'failed') {
      throw new CliError(
        EXIT.failed,
        `${command[0]} could not be started: ${answer.message}.`,
        'CLI_NOT_STARTED',
      );
    }
  }

  /** @param lease when to end it without another renewal, on the monotonic clock */
  renew(lease: { readonly term: number; readonly kill: number }): void {
    this.kill = lease.kill;
    this.tell({ type: 'lease', ...lease });
  }

  signal(signal: NodeJS.Signals): void {
    this.tell({ type: 'signal', signal });
  }

  /** Asks it to end; kills it after so many ms, and in any case before the lease ends. */
  end(grace: number): void {
    this.kill = Math.min(this.kill, monotonic() + grace);
    this.tell({ type: 'end', grace });
  }

  /** Checks whether the guardian does its work; it may itself have been stopped or killed. */
  watch(): () => void {
    const look = setInterval(() => {
      if (monotonic() > this.kill + BACKUP && this.pid !== undefined && groupLives(this.pid)) {
        void this.finish(0);
      }
    }, LOOK_INTERVAL);
    return () => clearInterval(look);
  }

  /** Lets the guardian exit if there is nothing to guard. */
  dismiss(): void {
    if (this.guardian.connected) {
      this.guardian.disconnect();
    }
    this.guardian.unref();
  }

  private async finish(grace: number): Promise<void> {
    if (this.pid !== undefined) {
      const latest = monotonic() + grace;
      await endGroup(this.pid, () => latest);
    }
  }

  private tell(message: ToGuardian): void {
    if (this.guardian.connected) {
      this.guardian.send(message, () => undefined);
    }
  }
}
