import { Controller, Get, Req } from '@nestjs/common';
import session, { MemoryStore, type Session } from 'express-session';
import { MaintenanceModule } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';
import { Listener } from './listener.js';

interface WithSession {
  session: Session & { items?: number };
}

@Controller()
class CartController {
  @Get('add')
  add(@Req() incoming: WithSession & { raw?: WithSession }): number {
    const { session: own } = incoming.raw ?? incoming;
    own.items = (own.items ?? 0) + 1;
    return own.items;
  }
}

describe.each(adapters)('sessions of streams on %s', (_name, createApp) => {
  it('the end of the application writes none back as it was when its stream began', async () => {
    const store = new MemoryStore();
    const running = await createApp(
      { imports: [MaintenanceModule.forRoot({ socket: false })], controllers: [CartController] },
      (app) =>
        app.use(session({ secret: 'a secret of the test', store, resave: true, saveUninitialized: false })),
    );
    const add = (headers: Record<string, string> = {}) => request(running.port, '/add', { headers });
    const first = await add();
    const cookie = String(first.headers['set-cookie']).split(';')[0]!;
    using listener = await Listener.open(running, { cookie });
    await listener.told(1);
    expect((await add({ cookie })).text).toBe('2');
    await running[Symbol.asyncDispose]();
    await until(() => listener.response.closed, { what: 'the end of the stream' });
    const items = await new Promise((resolve) =>
      store.all((_error, sessions) =>
        resolve(Object.values(sessions ?? {}).map((one) => (one as WithSession['session']).items)),
      ),
    );
    expect(items).toEqual([2]);
  });
});
