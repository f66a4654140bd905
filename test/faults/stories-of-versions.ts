import { setTimeout as delay } from 'node:timers/promises';
import { randomId } from '../../lib/core/document/codec.js';
import { HEARTBEAT } from '../../lib/core/state/replica-lease.js';
import { until } from '../support/until.js';
import { call } from './clients.js';
import type { Scenario, Stage } from './scenarios.js';
import type { World } from './world.js';

/**
 * A newer version, this one and an older one take turns at what one of them has written, and each is rolled to another under load.
 * Then somebody writes a record of a higher format, which none of them can read, and takes it back.
 */
export const versionsStory: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  for (const version of ['newer', 'older'] as const) {
    await two.kill();
    await two.start(version);
    await takeTurns(stage, version);
  }
  await two.kill();
  await two.start('this');
  await stage.enable(one, 'on-b', 'b');
  await higher(world, stage);
  await stage.disable(two, 'off-b', 'b');
};

async function takeTurns(stage: Stage, version: string): Promise<void> {
  const [one, two] = stage.replicas;
  await stage.enable(two, `${version}-on`, 'a');
  await stage.enable(one, `${version}-again`, 'a');
  // the other key's record is changed twice while somebody holds it
  const work = stage.work(two, `${version}-work`, 'job', { steps: 12 });
  await delay(150);
  await stage.work(one, `${version}-beside`, 'job', { steps: 2, lock: false });
  await work;
  await stage.disable(one, `${version}-off`, 'a');
}

async function higher(world: World, stage: Stage): Promise<void> {
  const [one, two] = stage.replicas;
  const before = await world.stored('b');
  const [, , revision] = before.split(' ');
  const written = `2 ${randomId()} ${revision} ${Date.now()}\nof another shape`;
  await world.write('b', written);
  await until(async () => !(await one.facts()).health.up && !(await two.facts()).health.up, {
    timeout: 5_000,
  }).catch(() => undefined);
  const keep = async (): Promise<void> => {
    const kept = (await world.stored('b')) === written;
    world.journal.note({ e: 'higher', key: 'b', kept });
  };
  await one.change('higher-off', { kind: 'disable', key: 'b' });
  await two.change('higher-unset', { kind: 'unset', key: 'b' });
  await keep();
  // other keys are changed meanwhile
  await one.change('beside-on', { kind: 'enable', key: 'a' });
  await two.change('beside-off', { kind: 'disable', key: 'a' });
  await delay(2 * HEARTBEAT);
  await keep();
  // rolled back: as it was, written anew
  const [head = '', ...body] = before.split('\n');
  const again = head.replace(/^1 \S+/, `1 ${randomId()}`);
  await world.write('b', [again, ...body].join('\n'));
  await world.agreement(10_000);
}

/**
 * A replica reports itself in a way that this version cannot read, in two ways: it counts as one that still works, and that has
 * acknowledged nothing. One that is gone is known to be gone where its channel can be read.
 */
export const unreadable: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  for (const version of ['rephrased', 'reshaped'] as const) {
    await two.kill();
    // until nobody waits for the one that was there before
    await stage.enable(one, `${version}-alone`, 'b');
    await stage.disable(one, `${version}-still-alone`, 'b');
    await two.start(version);
    await call(world, two, '/job/early/5000');
    await world.handling(two, '/job/early');
    await stage.work(one, `${version}-hasty`, 'job', { drain: 1_500 });
    const cut = stage.fault('partition', 'r2', 2_500);
    await delay(100);
    await one.change(`${version}-on`, { kind: 'enable', key: 'a', acknowledge: 500 });
    await cut;
    await one.change(`${version}-off`, { kind: 'disable', key: 'a' });
  }
};
