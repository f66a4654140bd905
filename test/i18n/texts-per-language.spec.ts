import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { HOUR, MaintenanceKey, MaintenanceService, type MaintenanceKeyJson } from 'nestjs-maintenance';
import { io } from 'socket.io-client';
import { describe, expect, it, vi } from 'vitest';
import { adminModule, ALL, as } from '../admin/operators.js';
import { maintenance, serviceOf, shop, ShopController, Ledger } from '../apps/shop.js';
import { EventsRoute } from '../../lib/realtime/events.route.js';
import { SocketChannel } from '../../lib/realtime/socket-channel.js';
import { TestClient } from '../realtime/clients.js';
import { Listener } from '../realtime/listener.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

const TEXTS = { '': 'Back <soon>', de: 'Gleich <zurück>', 'pt-BR': 'Já voltamos' };
const german = { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' };

@Resolver()
class StockResolver {
  @Query(() => String)
  stock(): string {
    return 'full';
  }
}

@WebSocketGateway()
class ChatGateway {
  @SubscribeMessage('say')
  say(): string {
    return 'said';
  }
}

describe.each(adapters)('texts per language on %s', (_name, createApp) => {
  it.each(['handlers', 'site'] as const)(
    'reach each visitor in their language, with coverage %s',
    async (coverage) => {
      await using app = await shop(createApp, { coverage });
      await serviceOf(app).setMaintenance(true, 'general', { message: TEXTS });
      const read = async (path: string, headers: Record<string, string>) =>
        (await request(app.port, path, { headers })).text;
      for (const round of ['made', 'kept']) {
        for (const [language, text] of [
          ['de-AT,de;q=0.9,en;q=0.5', 'Gleich <zurück>'],
          ['en-US,en;q=0.9,de;q=0.5', 'Back <soon>'],
          ['pt', 'Já voltamos'],
          ['ja', 'Back <soon>'],
        ] as const) {
          const headers = { 'accept-language': language };
          const what = `${round} ${language}`;
          expect(JSON.parse(await read('/shop', headers)), what).toMatchObject({ message: text });
          const problem = await read('/shop', { ...headers, accept: 'application/problem+json' });
          expect(JSON.parse(problem), what).toMatchObject({ detail: text });
          expect(JSON.parse(await read('/maintenance/ping', headers)), what).toMatchObject({ error: text });
          const page = await read('/shop', { ...headers, accept: 'text/html' });
          expect(page, what).toContain(`>${text.replace('<', '&lt;').replace('>', '&gt;')}</p>`);
          expect(page).toContain('<html lang="en"');
          expect(page.includes('<p class="message" lang="de"'), what).toBe(language.startsWith('de'));
        }
      }
    },
  );

  it('are translated if none fits, and so is the built-in sentence if there is no default text', async () => {
    await using app = await shop(createApp, {
      languages: ['en', 'de', 'fr'],
      translate: (text, language) => `${language}: ${text}`,
    });
    const said = async (language: string) =>
      (await request(app.port, '/shop', { headers: { 'accept-language': language } })).json<{
        message: string;
      }>().message;
    await serviceOf(app).setMaintenance(true, 'general', { message: TEXTS });
    expect(await said('de')).toBe('Gleich <zurück>');
    expect(await said('fr')).toBe('fr: Back <soon>');
    await serviceOf(app).setMaintenance(true, 'general', { message: { de: 'Gleich zurück' } });
    expect(await said('de')).toBe('Gleich zurück');
    expect(await said('fr')).toMatch(/^fr: We are carrying out maintenance/);
  });

  it('reach GraphQL and gateways', async () => {
    await using app = await createApp({
      imports: [
        maintenance({}),
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          csrfPrevention: false,
        }),
      ],
      controllers: [ShopController],
      providers: [StockResolver, ChatGateway, Ledger],
    });
    await serviceOf(app).setMaintenance(true, 'general', { message: TEXTS });
    const json = { query: '{ stock }' };
    const answer = await request(app.port, '/graphql', { method: 'POST', json, headers: german });
    expect(answer.json<{ errors: object[] }>().errors[0]).toMatchObject({ message: 'Gleich <zurück>' });
    const chat = io(app.url, { forceNew: true, transports: ['websocket'], extraHeaders: german });
    const refused = new Promise((resolve) => chat.on('exception', resolve));
    chat.emit('say', 'hello');
    expect(await refused).toMatchObject({ message: 'Gleich <zurück>' });
    chat.disconnect();
  });

  it('are sent to sockets and streams, rendered once per language', async () => {
    await using app = await createApp({
      imports: [maintenance({ socket: true, keys: [new MaintenanceKey('billing')] })],
    });
    const service = app.app.get(MaintenanceService);
    const headers = Array.from({ length: 60 }, (_, i) => (i % 2 ? german : {}));
    const clients = await Promise.all(
      headers.map((extraHeaders) => TestClient.connect(app.url, { extraHeaders })),
    );
    using stream = await Listener.open(app, german);
    await stream.told(1);
    const prepared = [
      vi.spyOn(SocketChannel.prototype, 'prepare'),
      vi.spyOn(EventsRoute.prototype, 'prepare'),
    ];
    await service.setMaintenance(true, 'general', { message: TEXTS });
    await Promise.all(clients.map((client) => client.sees((status) => status.maintenanceMode)));
    await until(() => stream.last?.maintenanceMode);
    expect(stream.last?.message).toBe('Gleich <zurück>');
    clients.forEach((client, i) =>
      expect(client.last?.message).toBe(i % 2 ? 'Gleich <zurück>' : 'Back <soon>'),
    );
    expect(prepared.map(({ mock }) => mock.calls.length)).toEqual([2, 1]);
    // a change of one language only is news, too
    await service.setMaintenance(true, 'general', { message: { ...TEXTS, de: 'Fast da' } });
    await Promise.all(
      clients.filter((_, i) => i % 2).map((one) => one.sees(({ message }) => message === 'Fast da')),
    );
    expect(await clients[1]?.ask({})).toMatchObject({ message: 'Fast da' });
    await service.setMaintenance(false);
    const start = new Date(Date.now() + HOUR);
    const announcement = { '': 'Planned', de: 'Geplant' };
    await service.scheduleWindow('billing', { start, duration: HOUR, announcement, message: TEXTS });
    const [english, other] = clients as [TestClient, TestClient];
    await other.sees(({ upcoming }) => upcoming?.[0]?.message === 'Geplant');
    await english.sees(({ upcoming }) => upcoming?.[0]?.message === 'Planned');
    const ping = await request(app.port, '/maintenance/ping', { headers: german });
    expect(ping.json()).toMatchObject({ upcoming: [{ message: 'Geplant' }] });
    const calendar = await request(app.port, '/maintenance/calendar.ics', { headers: german });
    expect(calendar.text).toContain('SUMMARY:Geplant');
    clients.forEach((client) => client.close());
  });

  it('are set, shown and refused by the admin API', async () => {
    await using app = await createApp({ imports: [adminModule()] });
    const { port } = app;
    const put = (message: unknown) =>
      as(ALL, port, '/maintenance/keys/checkout', {
        method: 'PUT',
        json: { mode: true, message },
        headers: german,
      });
    const answer = await put(TEXTS);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.json()).toMatchObject({ message: 'Gleich <zurück>', messages: TEXTS });
    expect((await as(ALL, port, '/maintenance/keys')).json()).toMatchObject({
      checkout: { message: 'Back <soon>', messages: TEXTS },
    });
    const page = await as(ALL, port, '/maintenance/admin', { headers: { accept: 'text/html' } });
    const data = /id="data">(.*?)<\/script>/.exec(page.text)?.[1];
    const { state } = JSON.parse(data ?? '{}') as { state: { keys: MaintenanceKeyJson[] } };
    expect(state.keys.find(({ name }) => name === 'checkout')?.messages).toEqual(TEXTS);
    // one text takes the place of all
    expect((await put('Soon')).json()).not.toHaveProperty('messages');
    for (const [message, why] of [
      [{ de_AT: 'x' }, /no text in a language for "de_AT"/],
      [{ de: 5 }, /no text in a language for "de"/],
      [5, /must be text, or texts by language/],
      [['x'], /must be text, or texts by language/],
      [{ de: 'x'.repeat(10_001) }, /not be longer than 10000/],
    ] as const) {
      const refused = await put(message);
      expect(refused.status).toBe(400);
      expect(refused.json()).toMatchObject({
        errors: [{ field: 'message', message: expect.stringMatching(why) }],
      });
    }
    const made = await as(ALL, port, '/maintenance/windows', {
      method: 'POST',
      json: {
        key: 'checkout',
        start: '2031-03-30T02:30:00Z',
        duration: HOUR,
        announcement: TEXTS,
        message: TEXTS,
      },
    });
    expect(made.json()).toMatchObject({
      announcement: 'Back <soon>',
      announcements: TEXTS,
      message: 'Back <soon>',
      messages: TEXTS,
    });
    const service = app.app.get(MaintenanceService);
    const start = new Date(Date.now() + HOUR);
    await service.scheduleWindow('import-export', { start, duration: HOUR, announcement: TEXTS });
    await service.scheduleWindow('general', { start, duration: HOUR });
    expect((await as(ALL, port, '/maintenance/keys', { headers: german })).json()).toMatchObject({
      'import-export': { upcoming: [{ message: 'Gleich <zurück>' }] },
      general: { upcoming: [{ message: null }] },
    });
  });

  it('are in changes and states, and survive unrelated changes', async () => {
    await using app = await createApp({ imports: [maintenance({})] });
    const service = serviceOf(app);
    const change = await service.setMaintenance(true, 'general', { message: TEXTS });
    expect(change).toMatchObject({ message: 'Back <soon>', messages: TEXTS, previous: { message: null } });
    const extended = await service.setMaintenance(true, 'general', { timeout: HOUR });
    expect(extended).toMatchObject({ messages: TEXTS, previous: { messages: TEXTS } });
    await service.setMaintenance(false);
    await using held = await service.maintain('general', { message: TEXTS });
    expect(held.key).toBe('general');
    expect((await service.getKeyData())['general']).toMatchObject({
      message: 'Back <soon>',
      messages: TEXTS,
    });
    await expect(service.setMaintenance(true, 'general', { message: { xx_: 'x' } })).rejects.toThrow(
      'for the language "xx_"',
    );
  });
});
