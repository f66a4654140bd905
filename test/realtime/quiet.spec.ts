import { Controller, ForbiddenException, Get, Param, type CanActivate } from '@nestjs/common';
import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceQuiet,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { beforeEach, describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';

type Answer = MaintenanceQuiet & { error?: string };

const DENIED = { error: 'This needs the permission "see_info".' };
let gates = new Gates();

@Controller('wait')
class WaitController {
  @Get(':gate')
  wait(@Param('gate') gate: string): Promise<string> {
    return gates.pass(gate);
  }
}

/** The application's log-in, which sockets do not pass. */
class CookieGuard implements CanActivate {
  canActivate(context: { switchToHttp(): { getRequest(): { headers: Record<string, string> } } }): boolean {
    if (context.switchToHttp().getRequest().headers['cookie'] !== 'sid=operator') {
      throw new ForbiddenException();
    }
    return true;
  }
}

const quiet = ({ socket }: TestClient, ...args: unknown[]) =>
  socket.timeout(5_000).emitWithAck('quiet', ...args) as Promise<Answer>;

/** Times are reckoned anew for every answer, and may differ by a millisecond. */
const timeless = (answer: Answer): unknown =>
  JSON.parse(JSON.stringify(answer).replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"a time"'));

const root = (options: MaintenanceRootOptions) => ({
  imports: [
    MaintenanceModule.forRoot({
      admin: true,
      keys: [
        new MaintenanceKey('merger', { public: false }),
        new MaintenanceKey('docs', { scope: 'marked' }),
      ],
      ...options,
    }),
  ],
  controllers: [WaitController],
});

beforeEach(() => {
  gates = new Gates();
});

describe.each(adapters)('quiet by socket, on %s', (_name, createApp) => {
  it('answers as the admin API does', async () => {
    await using app = await createApp(root({ permissions: () => true }));
    const expectSame = async (answer: Answer, name: string) =>
      expect(timeless(answer)).toEqual(
        timeless((await request(app.port, `/maintenance/keys/${name}/quiet`)).json<MaintenanceQuiet>()),
      );
    using client = await TestClient.connect(app.url);
    const service = app.app.get(MaintenanceService);
    const waiting = request(app.port, '/wait/a');
    await until(() => gates.begun.includes('a'));
    await service.setMaintenance(true);
    await service.setMaintenance(true, 'docs');
    const before = await quiet(client);
    expect(before).toMatchObject({
      quiet: false,
      since: null,
      replicas: [{ applied: true, running: [{ route: expect.stringContaining('/wait/:gate') as string }] }],
    });
    await expectSame(before, 'general');
    await expectSame(await quiet(client, 'merger'), 'merger');
    const docs = await quiet(client, 'docs');
    expect(docs).toMatchObject({ quiet: true, since: expect.any(String) as string });
    await expectSame(docs, 'docs');
    gates.open('a');
    await waiting;
    await until(async () => (await quiet(client, 'general')).quiet);
    // as in a ping, and as programs say "none"
    for (const args of [[{ key: 'general' }], [{}], [null]]) {
      await expectSame(await quiet(client, ...args), 'general');
    }
  });

  it('reveals nothing to clients without the permission, not even which keys exist', async () => {
    for (const permissions of [undefined, () => false, () => new Promise<boolean>(() => undefined)]) {
      await using app = await createApp(root({ permissions, callTimeout: 50 }));
      using client = await TestClient.connect(app.url);
      for (const args of [[], ['merger'], ['no-such-key'], [{ key: 'merger' }]]) {
        expect(await quiet(client, ...args)).toEqual(DENIED);
      }
    }
  });

  it('needs a ticket behind guards of the application', async () => {
    await using app = await createApp(root({ permissions: () => true, admin: { guards: [CookieGuard] } }));
    using stranger = await TestClient.connect(app.url);
    expect(await quiet(stranger, 'merger')).toEqual(DENIED);
    const headers = { cookie: 'sid=operator', 'sec-fetch-site': 'same-origin' };
    const answer = await request(app.port, '/maintenance/admin/ticket', { method: 'POST', headers });
    using operator = await TestClient.connect(app.url, { auth: answer.json<{ ticket: string }>() });
    expect(await quiet(operator, 'merger')).toMatchObject({ quiet: false, replicas: [{ pid: process.pid }] });
  });

  it('sends nothing to a page of another origin', async () => {
    await using app = await createApp(root({ permissions: () => true }));
    const extraHeaders = { cookie: 'sid=operator', origin: 'https://evil.example' };
    using foreign = await TestClient.connect(app.url, { extraHeaders });
    expect(await quiet(foreign, 'merger')).toEqual(DENIED);
  });

  it('reports what is wrong with a request, and goes on', async () => {
    await using app = await createApp(root({ permissions: () => true }));
    using client = await TestClient.connect(app.url);
    for (const args of [[5], [['general']], [{ key: 5 }], ['a', 'b'], [new Uint8Array(2)]]) {
      const { error } = await quiet(client, ...args);
      expect(error, JSON.stringify(args)).toMatch(/^Malformed/);
    }
    expect((await quiet(client, 'no-such-key')).error).toMatch(/"no-such-key".*merger/);
    client.socket.emit('quiet');
    client.socket.emit('quiet', 'general');
    expect(await quiet(client)).toMatchObject({ quiet: false });
  });

  it('disconnects clients that flood it', async () => {
    await using app = await createApp(root({ permissions: () => true }));
    using client = await TestClient.connect(app.url, { reconnection: false });
    for (let i = 0; i < 200; i++) client.socket.emit('quiet', 'general', () => undefined);
    expect(await until(() => client.socket.disconnected)).toBe(true);
  });
});
