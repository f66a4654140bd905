import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Balancer } from './balancer.js';
import { readJournals } from './journal.js';
import { Load } from './load.js';
import { startRedis } from './redis.js';
import { Table } from './table.js';
import { verdictOf } from './verdict.js';

const REPLICAS = 4;
const SECONDS_BEFORE = 4;
const SECONDS_AFTER = 3;
/** `--no-drain` shows what the drain is for: the migration then begins while orders are still being written. */
const drain = !process.argv.includes('--no-drain');

// so that the exit listener stops Redis, too
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));

const folder = await mkdtemp(join(tmpdir(), 'maintenance-cluster-'));
const redis = await startRedis();
const replicas = await Promise.all(Array.from({ length: REPLICAS }, (_, index) => startReplica(index + 1)));
const balancer = await Balancer.start(replicas.map(({ port }) => port));
const load = new Load(balancer.port);
const table = new Table(balancer.port, load);

console.log(`${REPLICAS} replicas behind http://localhost:${balancer.port}, ${load.clients} clients.`);
load.start();
table.start();

await delay(SECONDS_BEFORE * 1000);
table.say(`A migration begins on one of them, ${drain ? 'with' : 'without'} a drain.`);
const answer = await fetch(`http://localhost:${balancer.port}/migration?drain=${drain}`, { method: 'POST' });
table.say(`The migration has ended: ${await answer.text()}`);
await delay(SECONDS_AFTER * 1000);

await load.stop();
await table.stop();
await balancer.stop();
await Promise.all(replicas.map(({ process }) => stop(process)));
await redis.stop();

const verdict = verdictOf(await readJournals(folder));
await rm(folder, { recursive: true });
console.log(verdict.text);
process.exitCode = answer.ok && verdict.good ? 0 : 1;

async function startReplica(number: number): Promise<{ process: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(new URL('replica.js', import.meta.url)), {
    env: { ...process.env, REDIS_URL: redis.url, JOURNAL: join(folder, `replica-${number}.log`) },
  });
  child.once('exit', (code) => {
    if (code) process.exit(code);
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { process: child, port };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}
