import { ForbiddenException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Redis } from 'ioredis';
import { MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { TestClient } from '../realtime/clients.js';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { adminModule } from './operators.js';

/** The application's log-in, which sockets do not pass. */
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['cookie'] !== 'sid=operator') throw new ForbiddenException();
    return true;
  }
}

/** As people write it who leave everything to their guards. */
const guarded = (options: MaintenanceRootOptions = {}) => ({
  imports: [
    adminModule({ socket: true, permissions: () => true, admin: { guards: [SessionGuard] }, ...options }),
  ],
});

const SESSION = { cookie: 'sid=operator', 'sec-fetch-site': 'same-origin' };

const askTicket = ({ port }: RunningApp, headers: Record<string, string> = SESSION) =>
  request(port, '/maintenance/admin/ticket', { method: 'POST', headers });

async function getTicket(running: RunningApp): Promise<string> {
  const answer = await askTicket(running);
  expect(answer.status).toBe(201);
  expect(answer.headers['cache-control']).toBe('no-store');
  const { ticket, expiresIn } = answer.json<{ ticket: string; expiresIn: number }>();
  expect(expiresIn).toBe(30_000);
  return ticket;
}

/** What a client with these credentials receives about keys when something changes. */
async function learns({ url, app }: RunningApp, auth: object): Promise<string> {
  using client = await TestClient.connect(url, { auth });
  const reason = `SECRET ${Math.random()}`;
  await app.get(MaintenanceService).setMaintenance(true, 'general', { reason });
  await client.sees(
    ({ maintenanceMode, maintenance }) => maintenanceMode && maintenance?.['general']?.reason !== null,
  );
  const pong = await client.ask({});
  return [client.last, pong]
    .map((told) => (JSON.stringify(told).includes('SECRET') ? 'all' : 'nothing'))
    .join();
}

describe.each(adapters)('key data behind guards of the application, on %s', (_name, createApp) => {
  it('is sent by ping and socket only with a ticket', async () => {
    await using running = await createApp(guarded());
    await running.app.get(MaintenanceService).setMaintenance(true, 'general', { reason: 'SECRET' });
    expect((await request(running.port, '/maintenance/ping', { headers: SESSION })).text).not.toContain(
      'SECRET',
    );
    for (const auth of [{}, { ticket: 'x' }, { ticket: 'x'.repeat(43) }, { ticket: 5 }, { ticket: ['x'] }]) {
      expect(await learns(running, auth), JSON.stringify(auth)).toBe('nothing,nothing');
    }
    expect(await learns(running, { ticket: await getTicket(running) })).toBe('all,all');
  });

  it('accepts a ticket once', async () => {
    await using running = await createApp(guarded());
    const ticket = await getTicket(running);
    expect(await learns(running, { ticket })).toBe('all,all');
    expect(await learns(running, { ticket })).toBe('nothing,nothing');
  });

  it('accepts one of many concurrent requests with the same ticket', async () => {
    await using running = await createApp(guarded());
    const ticket = await getTicket(running);
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => TestClient.connect(running.url, { auth: { ticket } })),
    );
    expect(clients.filter(({ last }) => last?.maintenance !== undefined)).toHaveLength(1);
    for (const client of clients) client.close();
  });

  it('issues tickets to those who pass the guards, from its own pages only', async () => {
    await using running = await createApp(guarded());
    const strangers: Record<string, string>[] = [
      {},
      { cookie: 'sid=visitor' },
      { ...SESSION, 'sec-fetch-site': 'cross-site' },
      { cookie: 'sid=operator', origin: 'https://evil.example' },
    ];
    for (const headers of strangers) {
      expect((await askTicket(running, headers)).status, JSON.stringify(headers)).toBe(403);
    }
    expect((await request(running.port, '/maintenance/admin/ticket', { headers: SESSION })).status).toBe(404);
  });

  it('still requires the permission', async () => {
    await using running = await createApp(
      guarded({ permissions: (_permission, { type }) => type === 'http' }),
    );
    expect(await learns(running, { ticket: await getTicket(running) })).toBe('nothing,nothing');
  });

  it('needs no ticket if no guards protect the API', async () => {
    await using running = await createApp(guarded({ admin: true }));
    expect(await learns(running, {})).toBe('all,all');
    await running.app.get(MaintenanceService).setMaintenance(true, 'general', { reason: 'SECRET' });
    expect((await request(running.port, '/maintenance/ping')).text).toContain('SECRET');
  });
});

describe('with Redis', () => {
  it('a ticket of one replica is accepted by another, once, and not after it has expired', async () => {
    const redis = await RedisServer.start();
    const client = new Redis(redis.url);
    try {
      await using one = await createExpressApp(guarded({ redis: redis.url }));
      await using other = await createExpressApp(guarded({ redis: redis.url }));
      const ticket = await getTicket(one);
      expect(JSON.stringify(await client.hgetall('maintenance:{maintenance}:leases'))).not.toContain(ticket);
      expect(await learns(other, { ticket })).toBe('all,all');
      expect(await learns(one, { ticket })).toBe('nothing,nothing');

      const late = await getTicket(one);
      const leases = await client.hgetall('maintenance:{maintenance}:leases');
      for (const [name, lease] of Object.entries(leases)) {
        await client.hset('maintenance:{maintenance}:leases', name, lease.replace(/\d+$/, '1'));
      }
      expect(await learns(other, { ticket: late })).toBe('nothing,nothing');
    } finally {
      client.disconnect();
      await redis.stop();
    }
  });
});
