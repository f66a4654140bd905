import { getQueueToken } from '@nestjs/bullmq';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import type { Queue } from 'bullmq';
import { MaintenanceService } from 'nestjs-maintenance';
import { setTimeout as delay } from 'node:timers/promises';
import { startRedis } from '../../02-cluster/src/redis.js';
import { AppModule } from './app.module.js';
import { Counts } from './counts.js';

const redis = await startRedis();
const { hostname: host, port } = new URL(redis.url);
const address = { host, port: Number(port) };
const app = await NestFactory.create(AppModule.with({ ...address, url: redis.url }), {
  logger: ['warn', 'error'],
});
app.connectMicroservice<MicroserviceOptions>(
  { transport: Transport.REDIS, options: address },
  { inheritAppConfig: true },
);
await app.startAllMicroservices();
await app.init();

const { ticks, jobs, events } = app.get(Counts);
const queue = app.get<Queue>(getQueueToken('mail'));
const client = ClientProxyFactory.create({ transport: Transport.REDIS, options: address });
await client.connect();

let added = 0;
const adding = setInterval(() => {
  void queue.add('welcome', { number: ++added });
  client.emit('order.paid', { number: added });
}, 250);
const describe = (): string => `${ticks.begun} ticks, ${jobs.begun} jobs, ${events.begun} events`;
const told = setInterval(() => console.log(`  so far: ${describe()}`), 1_000);

console.log('A cron method, a queue and events, every second:');
await delay(3_000);
console.log('A migration: maintain() waits for what is running.');
const overlap = await app.get(MaintenanceService).maintain('general', async () => {
  const running = ticks.running + jobs.running;
  const before = ticks.begun + jobs.begun;
  console.log(`The migration begins; running: ${running}.`);
  await delay(3_000);
  console.log(
    'The migration has ended. Ticks and jobs have waited; events by Redis have not, as the log said at the start.',
  );
  return running + ticks.begun + jobs.begun - before;
});
await delay(2_500);
clearInterval(adding);
clearInterval(told);
for (let left = await queue.getJobCountByTypes('wait', 'active'); left > 0;) {
  await delay(100);
  left = await queue.getJobCountByTypes('wait', 'active');
}

const good = overlap === 0 && jobs.begun === added;
console.log(
  `${describe()}; ${added} jobs were added. ${good ? 'Nothing overlapped the migration, nothing was lost.' : 'WRONG'}`,
);
await client.close();
await app.close();
await redis.stop();
process.exitCode = good ? 0 : 1;
