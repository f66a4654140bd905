import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { Replica, startReplicas } from './replicas.js';

const KEY = 'import-export';
let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

const GONE = `The holder of maintenance key "${KEY}"`;
const logged = (replica: Replica) => replica.child.output.split(GONE).length - 1;

it('a holder that dies is reported by one live process, with its host and pid', async () => {
  const replicas = await startReplicas(3, server.url);
  const holder = await Replica.start(server.url);
  try {
    await holder.hold('dying', KEY, { drain: false, actor: 'ada' });
    await holder.child.kill();
    const heard = async () => (await Promise.all(replicas.map((replica) => replica.abandoned()))).flat();
    await until(async () => (await heard()).length > 0, { timeout: 20_000 });
    const [change] = await heard();
    const { host } = (await replicas[0]!.replicas())[0]!;
    expect(change).toMatchObject({
      key: KEY,
      from: true,
      to: true,
      actor: 'ada',
      holder: { host, pid: holder.child.pid },
    });
    // nobody else, however long they look, nor one that comes later
    await using newcomer = await Replica.start(server.url);
    await until(async () => (await newcomer.keyData(KEY)).abandoned === true);
    await newcomer.work('takes-over', 'billing', { drain: false, timeout: 5_000 }).catch(() => undefined);
    expect(await heard()).toHaveLength(1);
    expect(await newcomer.abandoned()).toEqual([]);
    const lines = () => [...replicas, newcomer].reduce((sum, replica) => sum + logged(replica), 0);
    await until(() => lines() > 0, { what: 'the line of the log' });
    expect(lines()).toBe(1);
    expect(replicas.map(({ child }) => child.output).join('')).toContain(`pid ${holder.child.pid}`);
    expect(await replicas[1]!.keyData(KEY)).toMatchObject({
      value: true,
      abandoned: true,
      holder: { host, pid: holder.child.pid, step: null },
    });
  } finally {
    await Promise.all([...replicas, holder].map(({ child }) => child.kill()));
  }
}, 90_000);

it('the hook is left to a process that has one, also if another has logged it before', async () => {
  await using own = await RedisServer.start();
  await using worker = await Replica.start(own.url, { HOOKS: 'none' });
  const holder = await Replica.start(own.url);
  await holder.hold('dying', KEY, { drain: false, actor: 'ada' });
  await holder.child.kill();
  await until(() => logged(worker) === 1, { timeout: 20_000, what: 'the line of the log' });
  await using api = await Replica.start(own.url);
  await until(async () => (await api.abandoned()).length > 0, { timeout: 20_000, what: 'the hook' });
  expect(await api.abandoned()).toMatchObject([
    { key: KEY, actor: 'ada', holder: { pid: holder.child.pid } },
  ]);
  expect([logged(worker), logged(api)]).toEqual([1, 0]);
}, 60_000);

it('holders that survive a restart of Redis without its data are not reported as dead', async () => {
  await using own = await RedisServer.start();
  await using holder = await Replica.start(own.url);
  await using other = await Replica.start(own.url);
  await holder.hold('alive', KEY, { drain: false });
  await own.restart({ empty: true });
  await until(async () => (await holder.health()).up && (await other.health()).up, { timeout: 15_000 });
  await until(async () => (await other.keyData(KEY)).abandoned === false, { timeout: 15_000 });
  await until(async () => (await other.health()).lease > 0);
  expect(await holder.aborted('alive')).toBeNull();
  expect([...(await holder.abandoned()), ...(await other.abandoned())]).toEqual([]);
  await holder.leave('alive');
}, 60_000);
