import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Call, Outcome } from './answer.js';
import { end, hasEnded, mortal, watch } from './process.js';

export interface ChildOptions {
  args?: string[];
  /** Of Node and V8. */
  flags?: string[];
  env?: NodeJS.ProcessEnv;
  /** Milliseconds it may take to say that it is ready. */
  timeout?: number;
}

type Settle = (outcome: Outcome) => void;

/** A replica: an application of test/apps in a process of its own, which `answer()`s calls. */
export class Child<Facts = unknown> {
  readonly #waiting = new Map<number, Settle>();
  #calls = 0;

  /** What it said when it was ready. */
  facts!: Facts;
  /** What it has printed. */
  output = '';

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (outcome: Outcome) => this.#settle(outcome));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    child.once('exit', (code, signal) => {
      const error = { name: 'Error', message: `The process ended (${signal ?? code}):\n${this.output}` };
      for (const id of this.#waiting.keys()) this.#settle({ id, error });
    });
  }

  /**
   * Starts an application and waits until it is ready.
   * @param app test/apps/<app>.ts, which vitest's global set-up has compiled; or any compiled file
   */
  static async start<Facts>(
    app: string | URL,
    { args = [], flags = [], env = {}, timeout = 20_000 }: ChildOptions = {},
  ) {
    const compiled = new URL('../../.tmp/replicas/test/apps/', import.meta.url);
    const file = fileURLToPath(typeof app === 'string' ? new URL(`${app}.js`, compiled) : app);
    const [execPath, execArgv] = mortal(process.execPath, flags);
    const options = {
      execPath,
      execArgv,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    };
    const child = new Child<Facts>(watch(fork(file, args, options as never)));
    const timer = setTimeout(() => child.signal('SIGKILL'), timeout);
    try {
      child.facts = await child.#outcome<Facts>(0);
      return child;
    } finally {
      clearTimeout(timer);
    }
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Calls one of its functions and gives what it returns; what it throws is thrown here, by name and message. */
  async send<Value = unknown>(name: string, ...args: unknown[]): Promise<Value> {
    if (hasEnded(this.child)) throw new Error(`The process has ended:\n${this.output}`);
    const id = ++this.#calls;
    const outcome = this.#outcome<Value>(id);
    this.child.send({ id, name, args } satisfies Call);
    return outcome;
  }

  /** SIGSTOP, SIGCONT, SIGTERM … */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it at once, and waits until it is gone. */
  async kill(): Promise<void> {
    await end(this.child, 'SIGKILL');
  }

  /** Waits until it has ended by itself, and gives its exit code. */
  async ended(): Promise<number | null> {
    if (!hasEnded(this.child)) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #outcome<Value>(id: number): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        if (error) reject(Object.assign(new Error(error.message), { name: error.name }));
        else resolve(value as Value);
      });
    });
  }

  #settle(outcome: Outcome): void {
    const settle = this.#waiting.get(outcome.id);
    this.#waiting.delete(outcome.id);
    settle?.(outcome);
  }
}
