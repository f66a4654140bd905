import { execFile, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { end, freePort, hasEnded, spawnMortal } from './process.js';
import { findCommand, requireTool } from './tools.mjs';
import { until } from './until.js';

const run = promisify(execFile);

/** Where Debian keeps the program itself: the command of that name wants to be another user. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** A real RabbitMQ of one's own, on free ports of 127.0.0.1. */
export class RabbitServer {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly child: ChildProcess,
  ) {}

  /** @param settings of the application `rabbit`, as numbers */
  static async start(settings: Record<string, number> = {}): Promise<RabbitServer> {
    const folder = await mkdtemp(join(tmpdir(), 'maintenance-rabbit-'));
    const [port, distribution, names] = [await freePort(), await freePort(), await freePort()];
    const file = join(folder, 'rabbitmq.conf');
    const advanced = join(folder, 'advanced.config');
    await writeFile(file, `listeners.tcp.default = 127.0.0.1:${port}\nlog.console.level = error\n`);
    const terms = Object.entries(settings).map(([name, value]) => `{${name}, ${value}}`);
    await writeFile(advanced, `[{rabbit, [${terms.join(', ')}]}].\n`);
    await writeFile(join(folder, 'plugins'), '[].\n');
    const env = {
      ...process.env,
      HOME: folder,
      ERL_EPMD_PORT: String(names),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `rabbit${port}@localhost`,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_CONFIG_FILE: file,
      RABBITMQ_ADVANCED_CONFIG_FILE: advanced,
      ERL_CRASH_DUMP_BYTES: '0',
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_LOGS: '-',
    };
    const program = findCommand(PROGRAM) ?? PROGRAM;
    const child = spawnMortal(process.env.RABBITMQ_SERVER ?? program, [], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)));
    }
    const server = new RabbitServer(port, folder, env, child);
    try {
      await until(
        async () => {
          if (hasEnded(child)) return true;
          const connection = await connect(server.url);
          await connection.close();
          return true;
        },
        { timeout: 60_000, interval: 100, what: 'RabbitMQ to answer' },
      );
      if (hasEnded(child))
        throw new Error(`${requireTool('rabbitmq')} ended before it was ready:\n${output}`);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.port}`;
  }

  /** Ends it, with its files and the daemon of names that Erlang leaves behind. */
  async stop(): Promise<void> {
    await end(this.child, 'SIGTERM');
    const epmd = findCommand('epmd');
    if (epmd) {
      await run(epmd, ['-kill'], { env: this.env }).catch(() => undefined);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
