import type { INestApplication } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService, type MaintenanceSubject } from 'nestjs-maintenance';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Listener } from './listener.js';
import { TestClient } from './clients.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

/** Who is signed in, as libraries such as nestjs-cls keep it: for all that happens on behalf of a request. */
const user = new AsyncLocalStorage<string | undefined>();
const signIn = (app: INestApplication): unknown =>
  app.use(({ headers }: IncomingMessage, _reply: unknown, next: () => void) =>
    user.run(headers.cookie, next),
  );

describe.each(adapters)(
  '"permissions" is called on behalf of whom it is about, on %s',
  (_name, createApp) => {
    it('if many ask at once, and some have to wait for the answers of others', async () => {
      let answer = (): void => undefined;
      const answered = new Promise<void>((resolve) => (answer = resolve));
      let asked = 0;
      const permissions = async (): Promise<boolean> => {
        const signedIn = user.getStore();
        asked++;
        await answered;
        return signedIn === 'operator';
      };
      const imports = [MaintenanceModule.forRoot({ socket: false, permissions, callTimeout: 20_000 })];
      await using running = await createApp({ imports }, signIn);
      const ping = (cookie: string) => request(running.port, '/maintenance/ping', { headers: { cookie } });
      const operators = Array.from({ length: 100 }, () => ping('operator'));
      await expect.poll(() => asked).toBe(100);
      const visitors = Array.from({ length: 20 }, () => ping('visitor'));
      const waiting = Promise.all(visitors);
      // those who wait have been read by the server once it answers somebody who came later
      await request(running.port, '/maintenance/script');
      answer();
      for (const { text } of await Promise.all(operators)) expect(text).toContain('"maintenance":');
      for (const { text } of await waiting) expect(text).not.toContain('"maintenance":');
    });

    it.each([false, true])('if somebody else makes a change, with socket: %s', async (socket) => {
      const seen: unknown[] = [];
      const permissions = (_permission: string, { type }: MaintenanceSubject): boolean => {
        seen.push(user.getStore());
        return type === 'socket' || user.getStore() === 'operator';
      };
      const imports = [MaintenanceModule.forRoot({ socket, permissions })];
      await using running = await createApp({ imports }, signIn);
      const service = running.app.get(MaintenanceService);
      const change = (mode: boolean) => user.run('somebody else', () => service.setMaintenance(mode));
      using client = socket
        ? await TestClient.connect(running.url)
        : await Listener.open(running, { cookie: 'operator' });
      await client.told(1);
      await change(true);
      await client.told(2);
      await change(false);
      await client.told(3);
      expect(client.statuses.map((status) => 'maintenance' in status)).toEqual([true, true, true]);
      expect(seen).not.toContain('somebody else');
    });
  },
);
