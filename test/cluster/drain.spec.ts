import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startReplicas, type Replica } from './replicas.js';

const KEY = 'import-export';
let server: RedisServer;
let holder: Replica;
let serving: Replica;

beforeAll(async () => {
  server = await RedisServer.start();
  [holder, serving] = (await startReplicas(2, server.url)) as [Replica, Replica];
}, 90_000);
afterEach(async () => {
  await holder.unset(KEY);
  await until(async () => !(await serving.isOn(KEY)));
});
afterAll(async () => {
  await Promise.all([holder, serving].map((replica) => replica?.child.kill()));
  await server.stop();
});

/** A request whose client hangs up once its handler has begun. */
async function hangUp(replica: Replica, path: string, gate: string): Promise<void> {
  const socket = connect(replica.child.facts.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`);
  await replica.reaches(gate);
  socket.destroy();
}

/** Runs work once what is behind the gate was let go, and gives what had ended when it began. */
async function endedBefore(gate: string, replica: Replica): Promise<string[]> {
  const work = holder.work(`work-${gate}`, KEY, { drain: 20_000 });
  await until(() => serving.isOn(KEY), { what: 'the key to be on' });
  // a refusal shows that it is closed, an exchange that the others had time to tell
  expect((await serving.get('/orders')).status).toBe(503);
  await holder.replicas();
  await serving.replicas();
  expect((await holder.gates()).begun).not.toContain(`work-${gate}`);
  await replica.open(gate);
  await holder.reaches(`work-${gate}`);
  const { ended } = await replica.gates();
  await holder.open(`work-${gate}`);
  expect(await work).toEqual({ ran: true });
  return ended;
}

describe.each([
  ['another replica', () => serving],
  ['the same replica', () => holder],
])('work waits for requests on %s', (where, replica) => {
  const name = (kind: string) => `${kind}-${where.split(' ')[0]}`;

  it('that are being handled', async () => {
    const gate = name('slow');
    const asked = replica().get(`/wait/${gate}`);
    await replica().reaches(gate);
    expect(await endedBefore(gate, replica())).toContain(gate);
    expect((await asked).text).toBe(gate);
  });

  it('whose client has hung up', async () => {
    const gate = name('hung-up');
    await hangUp(replica(), `/wait/${gate}`, gate);
    expect(await endedBefore(gate, replica())).toContain(gate);
  });

  it('that were answered early and are still working', async () => {
    const gate = name('early');
    expect((await replica().get(`/early/${gate}`)).text).toBe('early');
    await replica().reaches(gate);
    expect(await endedBefore(gate, replica())).toContain(gate);
  });

  it('that an interceptor has given up on while their handler goes on', async () => {
    const gate = name('impatient');
    expect((await replica().get(`/impatient/${gate}`)).status).toBe(500);
    expect(await endedBefore(gate, replica())).toContain(gate);
  });

  it('that stream', async () => {
    const gate = name('stream');
    const asked = replica().get(`/stream/${gate}`);
    await replica().reaches(gate);
    expect(await endedBefore(gate, replica())).toContain(gate);
    expect((await asked).text).toBe(`begun ${gate}`);
  });

  it('that send events', async () => {
    const gate = name('events');
    const asked = replica().get(`/events/${gate}`);
    await replica().reaches(gate);
    expect(await endedBefore(gate, replica())).toContain(gate);
    expect((await asked).text).toContain(`data: ${gate}`);
  });
});

describe('work does not wait', () => {
  it('for what the key does not refuse', async () => {
    const asked = serving.get('/health/exempt');
    await serving.reaches('exempt');
    const work = holder.work('beside-exempt', KEY, { drain: 10_000 });
    await holder.reaches('beside-exempt');
    expect((await serving.gates()).ended).not.toContain('exempt');
    await holder.open('beside-exempt');
    expect(await work).toEqual({ ran: true });
    await serving.open('exempt');
    await asked;
  });

  it('at all with drain: false', async () => {
    const asked = serving.get('/wait/ignored');
    await serving.reaches('ignored');
    const work = holder.work('at-once', KEY, { drain: false });
    await holder.reaches('at-once');
    expect((await serving.gates()).ended).not.toContain('ignored');
    await holder.open('at-once');
    expect(await work).toEqual({ ran: true });
    await serving.open('ignored');
    await asked;
  });

  it('for itself if called inside a request, nor do two such requests wait for each other', async () => {
    const gates = new Map([
      ['job-1', serving],
      ['job-2', serving],
      ['job-3', holder],
    ]);
    const jobs = [...gates];
    const asked = jobs.map(([gate, replica]) => replica.get(`/job/${gate}`));
    // all are let pass before the first closes the site
    await Promise.all(jobs.map(([gate, replica]) => replica.reaches(`asked-for-${gate}`)));
    await Promise.all(jobs.map(([gate, replica]) => replica.open(`asked-for-${gate}`)));
    while (gates.size > 0) {
      const [gate, replica] = await until(
        async () => {
          for (const [gate, replica] of gates) {
            if ((await replica.gates()).begun.includes(gate)) return [gate, replica] as const;
          }
          return undefined;
        },
        { timeout: 15_000, what: 'the next job to run' },
      );
      // one at a time
      const running = (await Promise.all([serving.gates(), holder.gates()])).flatMap(({ begun, ended }) =>
        begun.filter((name) => name.startsWith('job-') && !ended.includes(name)),
      );
      expect(running).toEqual([gate]);
      gates.delete(gate);
      await replica.open(gate);
    }
    for (const answer of await Promise.all(asked)) expect(answer.status).toBe(200);
  });
});

describe('a drain that times out', () => {
  it('names replica and route, runs nothing, and leaves nothing behind', async () => {
    const asked = serving.get('/wait/endless');
    await serving.reaches('endless');
    const outcome = await holder.refused('never', KEY, { message: 'gone again' });
    expect(outcome).toMatchObject({
      ran: false,
      error: { name: 'MaintenanceDrainError' },
      replicas: [{ id: serving.id, pid: serving.child.pid, routes: ['GET /wait/:gate'] }],
    });
    expect(outcome.error?.message).toContain(`replica ${serving.id}`);
    expect(await holder.keyData(KEY)).toMatchObject({ value: false, message: null });
    await until(async () => (await serving.get('/orders')).status === 200);
    // the lock is free
    await holder.hold('next', KEY, { drain: false });
    await holder.leave('next');
    await serving.open('endless');
    await asked;
  });

  it('leaves on a key that was on before', async () => {
    const asked = serving.get('/wait/endless-2');
    await serving.reaches('endless-2');
    await serving.set(true, KEY, { message: 'operator' });
    const outcome = await holder.work('never-2', KEY, { drain: 500 });
    expect(outcome).toMatchObject({ ran: false, error: { name: 'MaintenanceDrainError' } });
    expect(await holder.keyData(KEY)).toMatchObject({ value: true, message: 'operator' });
    await serving.open('endless-2');
    await asked;
  });

  it('names a replica that does not acknowledge', async () => {
    serving.child.signal('SIGSTOP');
    try {
      const outcome = await holder.work('never-3', KEY, { drain: 500 });
      expect(outcome.replicas).toMatchObject([{ id: serving.id, routes: [] }]);
    } finally {
      serving.child.signal('SIGCONT');
    }
  });
});
