import { connect } from 'amqplib';
import { Queue } from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import { KafkaBroker } from '../support/kafka-broker.js';
import { RabbitServer } from '../support/rabbit.js';
import { until } from '../support/until.js';
import { untilHandled } from './handing-in.js';
import { moment } from './history.js';
import type { Scenario, Stage } from './scenarios.js';
import { TURNS } from './rules-of-workers.js';
import type { World } from './world.js';

/** Hands in jobs and events all the time; maintenance comes and goes, and a replica stands still for a while. */
export const workers: Scenario = async (world, stage) => {
  await using broker = await startBroker();
  const [one, two] = stage.replicas;
  await one.listen(`127.0.0.1:${broker.port}`);
  const connection = { host: world.redis.host, port: world.redis.port };
  const queue = new Queue('faults', { connection });
  const stop = new AbortController();
  const handing = handIn(world, queue, broker, stop.signal);
  try {
    await keepBusy(stage);
    await stage.fault('stop', 'r2', 1_500);
    for (let round = 1; round <= 4; round++) {
      await stage.work(two, `after-${round}`, 'job', { steps: 4 });
      await delay(60);
    }
  } finally {
    stop.abort();
    await handing;
    await untilHandled(
      async () =>
        (await queue.getJobCountByTypes('wait', 'active', 'delayed')) +
        broker.sent -
        broker.committed('events', 0),
    );
    await queue.close();
  }
  await untilMadeUp(world);
};

/** Waits until each process has had the time to make up for what it has missed in the last maintenance. */
async function untilMadeUp(world: World): Promise<void> {
  const begun = moment();
  const isOver = (): boolean => {
    const calls = world.history().filter((line) => line.e === 'due' && line.t > begun);
    return world.replicas.every(({ process }) => calls.filter(({ p }) => p === process).length > TURNS + 1);
  };
  await until(isOver, { timeout: 30_000, interval: 500, what: 'calls that run' });
}

async function keepBusy(stage: Stage): Promise<void> {
  const [one, two] = stage.replicas;
  await delay(500);
  for (let round = 1; round <= 8; round++) {
    await stage.work(round % 2 ? one : two, `work-${round}`, 'job', { steps: 4 });
    await delay(60);
  }
  await stage.enable(one, 'switch-1', 'job');
  await delay(300);
  await stage.disable(two, 'switch-2', 'job');
}

async function startBroker() {
  const broker = await KafkaBroker.start({ events: 1 });
  return Object.assign(broker, { sent: 0, [Symbol.asyncDispose]: () => broker.stop() });
}

type Broker = Awaited<ReturnType<typeof startBroker>>;

async function handIn(world: World, queue: Queue, broker: Broker, stop: AbortSignal): Promise<void> {
  for (let i = 1; !stop.aborted; i++) {
    const jobs = Array.from({ length: 3 }, (_, n) => `job-${i}-${n}`);
    jobs.forEach((call) => world.journal.note({ e: 'handed', call }));
    await queue.addBulk(
      jobs.map((call, n) => ({ name: 'job', data: { call, ms: n * 30 }, opts: { attempts: 3 } })),
    );
    world.journal.note({ e: 'handed', call: `event-${i}` });
    broker.send('events', 0, { call: `event-${i}`, ms: i % 40 ? 5 : 400 });
    broker.sent++;
    await delay(25);
  }
}

/**
 * Events come all the time by one queue for two replicas. Maintenance is short, so that what has been delivered waits where it is, and
 * longer than that, so that it goes back; a replica dies with events in its hands.
 */
export const rabbit: Scenario = async (world, stage) => {
  const server = await RabbitServer.start();
  try {
    const [one, two] = stage.replicas;
    await Promise.all([one.listen(server.url), two.listen(server.url)]);
    await using sender = await openSender(world, server.url);
    for (let round = 1; round <= 6; round++) {
      await stage.work(round % 2 ? one : two, `short-${round}`, 'job', { steps: 4 });
      await delay(80);
    }
    await stage.work(two, 'long-1', 'job', { steps: 56 });
    await delay(300);
    await stage.enable(two, 'switch-1', 'job');
    await delay(300);
    await stage.fault('kill', 'r1', 200);
    await one.listen(server.url);
    await stage.disable(two, 'switch-2', 'job');
    await delay(500);
    await sender.stop();
    await untilHandled(() => Promise.resolve(sender.left()));
  } finally {
    await server.stop();
  }
};

async function openSender(world: World, url: string) {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue('faults', { durable: false });
  const stop = new AbortController();
  const handing = (async () => {
    for (let i = 1; !stop.signal.aborted; i++) {
      const data = { call: `event-${i}`, ms: i % 10 ? 5 : 150 };
      world.journal.note({ e: 'handed', call: data.call });
      channel.sendToQueue('faults', Buffer.from(JSON.stringify({ pattern: 'events', data })));
      await delay(15);
    }
    await channel.waitForConfirms();
  })();
  const end = async (): Promise<void> => {
    stop.abort();
    await handing;
  };
  return {
    stop: end,
    /** How much of what was handed in has not been handled, as the journal has it. */
    left: (): number => {
      const lines = world.history();
      const left = new Set(lines.flatMap((line) => (line.e === 'leave' ? [line.call] : [])));
      return lines.filter((line) => line.e === 'handed' && !left.has(line.call)).length;
    },
    [Symbol.asyncDispose]: async () => {
      await end();
      await connection.close();
    },
  };
}
