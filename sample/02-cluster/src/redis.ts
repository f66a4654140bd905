import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** The Redis that `REDIS_URL` names, else one of our own that keeps nothing. */
export async function startRedis(): Promise<RunningRedis> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) {
    return { url: REDIS_URL, stop: () => Promise.resolve() };
  }
  const port = await freePort();
  for (const program of ['redis-server', 'valkey-server']) {
    const child = spawn(
      program,
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    process.once('exit', () => child.kill());
    if (await ready(child)) {
      return {
        url: `redis://127.0.0.1:${port}`,
        stop: async () => {
          child.kill();
          await once(child, 'exit');
        },
      };
    }
  }
  console.error(
    'This sample needs Redis: install redis-server (Debian: apt-get install redis-server), or set REDIS_URL.',
  );
  process.exit(1);
}

function ready(child: ReturnType<typeof spawn>): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
    child.stdout?.on('data', (text: Buffer) => text.includes('Ready to accept connections') && resolve(true));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
