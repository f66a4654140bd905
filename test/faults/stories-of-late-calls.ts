import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.js';
import { call } from './clients.js';
import { ask } from './handing-in.js';
import type { Scenario, Stage } from './scenarios.js';
import type { Replica, World } from './world.js';

/** A key that opens for one visitor after the other. */
async function reopen(stage: Stage, replica: Replica, name: string, over: number): Promise<void> {
  await stage.enable(replica, `${name}-1`, 'job');
  await replica.change(`${name}-2`, { kind: 'disable', key: 'job', reopenOver: over, acknowledge: 5_000 });
}

/**
 * Who a visitor is is found out when all are back: while somebody works under the key again, and on a replica that has lost contact
 * meanwhile.
 */
export const lateVisitors: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  await reopen(stage, one, 'opens', 2_000);
  const late = [one, two].flatMap((replica) =>
    ['v1', 'v2', 'v3'].map((visitor) => call(world, replica, '/job/wait/300', { visitor, late: 3_200 })),
  );
  await delay(2_400);
  await stage.work(one, 'work-1', 'job', { steps: 50 });
  await Promise.all(late);
  await reopen(stage, one, 'again', 1_500);
  const lost = call(world, two, '/job/wait/0', { visitor: 'v1', late: 5_500 });
  await delay(500);
  await stage.fault('partition', 'r2', 6_500);
  await lost;
};

/** A replica learns of a key while it is held, and has admitted a call before. */
export const loaded: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  const slow = call(world, two, '/b/stream?ms=9000');
  await world.handling(two, '/b/stream');
  const work = stage.work(one, 'patient-1', 'b', { drain: 18_000 });
  await delay(1_000);
  await two.load('b');
  await Promise.all([slow, work]);
};

/** Requests wait for another key: one goes on before the work begins, and is waited for; one while it is under way. */
export const goingOn: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  // the first work waits until it is known who is there; the one below is on in time
  await stage.work(one, 'warm-1', 'job');
  await stage.enable(one, 'closed-1', 'a');
  const waits = call(world, two, '/job/waits/5000');
  const busy = call(world, one, '/job/wait/4000');
  await world.handling(one, '/job/wait');
  await delay(500);
  const work = stage.work(one, 'patient-1', 'job', { drain: 14_000, steps: 20 });
  await delay(600);
  await stage.disable(two, 'open-1', 'a');
  await Promise.all([waits, busy, work]);
  await stage.enable(one, 'closed-2', 'a');
  const later = call(world, two, '/job/later/500');
  await delay(500);
  const again = stage.work(one, 'work-1', 'job', { steps: 50 });
  await world.working('work-1');
  await stage.disable(two, 'open-2', 'a');
  await Promise.all([later, again]);
};

/** Messages that expect an answer are delayed by another guard, until somebody works. */
export const asked: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  await Promise.all([one.listen('redis:'), two.listen('redis:')]);
  const client = world.redis.client();
  try {
    for (let round = 1; round <= 4; round++) {
      await delay(300);
      await ask(client, { call: `asked-${round}`, ms: 200, late: 800 });
      await delay(100);
      await stage.work(round % 2 ? one : two, `work-${round}`, 'job', { steps: 30 });
    }
  } finally {
    client.disconnect();
  }
};

/** Events that nobody can keep come while somebody works, and have work to do under the key. */
export const noted: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  await Promise.all([one.listen('redis:'), two.listen('redis:')]);
  const client = world.redis.client();
  try {
    // those who listen are known by then
    await stage.work(one, 'warm-1', 'job');
    for (let round = 1; round <= 3; round++) {
      const work = stage.work(round % 2 ? one : two, `work-${round}`, 'job', { steps: 20 });
      await world.working(`work-${round}`);
      const data = { call: `noted-${round}`, ms: 100 };
      await client.publish('noted', JSON.stringify({ pattern: 'noted', data }));
      await work;
      const done = ({ name }: Replica): boolean =>
        world.history().some((line) => line.e === 'leave' && line.call === `${data.call}-${name}`);
      await until(() => done(one) && done(two), { timeout: 15_000, what: `${data.call} on both` });
    }
  } finally {
    client.disconnect();
  }
};

/** Somebody whose answers from Redis take long works until the time is over: others know better when that is. */
export const farAway: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  const move = async (latency: number): Promise<void> => {
    await one.kill();
    one.proxy.latencyOfAnswers = latency;
    await one.start();
    await world.agreement(30_000);
  };
  await move(400);
  const stop = new AbortController();
  const load = askOn(world, two, stop.signal);
  for (let i = 1; i <= 2; i++) {
    const wish = { kind: 'maintain', key: 'job', drain: 8_000, timeout: 5_000 } as const;
    await one.maintain(`over-${i}`, wish, { steps: 200, step: 50 });
    await delay(500);
  }
  stop.abort();
  await load;
  await move(0);
};

/** Asks a replica again and again until told to stop. */
async function askOn(world: World, replica: Replica, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await call(world, replica, '/job/wait/0');
    await delay(10);
  }
}

/** Redis evicts the records, and who starts then knows nothing; who knows them has lost contact for a moment. */
export const evicted: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  await stage.enable(one, 'on-1', 'a');
  const cut = stage.fault('partition', 'r1', 5_000);
  const killed = stage.fault('kill', 'r2', 400);
  await delay(200);
  const client = world.redis.client();
  await client.del('maintenance:{maintenance}:records');
  client.disconnect();
  await killed;
  await call(world, two, '/a/wait/0');
  await cut;
  await delay(1_500);
};
