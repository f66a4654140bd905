import { Controller, Get, Inject, Param, Post, Req } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  MaintenanceDrainError,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
} from 'nestjs-maintenance';
import { from } from 'rxjs';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { InFlight } from '../../lib/in-flight/in-flight.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

/** Opens once, for whoever waits. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe.each(adapters)('maintain() inside a request on %s', (_name, createApp) => {
  const start = async () => {
    const working = gate();
    const finish = gate();

    @Controller()
    class ImportController {
      constructor(private readonly maintenance: MaintenanceService) {}

      @Post('import')
      import() {
        return this.maintenance.maintain('import', async () => {
          working.open();
          await finish.opened;
          return { imported: true };
        });
      }
    }

    const running = await createApp({
      imports: [
        MaintenanceModule.forRoot({ keys: [new MaintenanceKey('import')], socket: false, admin: false }),
      ],
      controllers: [ImportController],
    });
    return { running, working, finish, service: running.app.get(MaintenanceService) };
  };

  it('may write during the maintenance, and afterwards', async () => {
    const may: boolean[] = [];

    @Controller()
    class MoveController {
      constructor(private readonly maintenance: MaintenanceService) {}

      @Post('move')
      async move(@Req() request: object): Promise<void> {
        const ask = () =>
          void may.push(this.maintenance.mayContinue(request), this.maintenance.mayContinue());
        await this.maintenance.maintain('import', ask);
        ask();
      }
    }

    await using app = await createApp({
      imports: [
        MaintenanceModule.forRoot({ keys: [new MaintenanceKey('import')], socket: false, admin: false }),
      ],
      controllers: [MoveController],
    });
    expect((await request(app.port, '/move', { method: 'POST' })).status).toBe(201);
    expect(may).toEqual([true, true, true, true]);
  });

  it('does not wait for itself', async () => {
    const { running, finish } = await start();
    await using app = running;
    finish.open();
    const answer = await request(app.port, '/import', { method: 'POST' });
    expect(answer.json()).toEqual({ imported: true });
  });

  it('is waited for by another maintain() while its work runs', async () => {
    const { running, working, finish, service } = await start();
    await using app = running;
    const importing = request(app.port, '/import', { method: 'POST' });
    await working.opened;
    let ran = false;
    const migration = service.maintain('general', () => (ran = true), { drain: 100 });
    await expect(migration).rejects.toBeInstanceOf(MaintenanceDrainError);
    await expect(migration).rejects.toMatchObject({ routes: ['POST /import'] });
    expect(ran).toBe(false);

    const patient = service.maintain('general', () => 'migrated', { drain: 10_000 });
    finish.open();
    expect((await importing).json()).toEqual({ imported: true });
    expect(await patient).toBe('migrated');
  });

  it.each(['per-request', 'observable'])('does not wait for itself: a handler that is %s', async (kind) => {
    @Controller()
    class PerRequestController {
      constructor(
        private readonly maintenance: MaintenanceService,
        @Inject(REQUEST) readonly visitor: unknown,
      ) {}

      @Get('per-request')
      run() {
        return this.maintenance.maintain('general', () => 'worked');
      }
    }

    @Controller()
    class ObservableController {
      constructor(private readonly maintenance: MaintenanceService) {}

      @Get('observable')
      run() {
        return from(this.maintenance.maintain('general', () => 'worked'));
      }
    }

    await using app = await createApp({
      imports: [MaintenanceModule.forRoot({ socket: false, admin: false })],
      controllers: [PerRequestController, ObservableController],
    });
    expect((await request(app.port, `/${kind}`)).text).toBe('worked');
  });

  it('does not wait for itself in a gateway, for which others wait', async () => {
    const working = gate();
    const finish = gate();

    @WebSocketGateway()
    class ImportGateway {
      constructor(private readonly maintenance: MaintenanceService) {}

      @SubscribeMessage('import')
      import() {
        return this.maintenance.maintain('import', async () => {
          working.open();
          await finish.opened;
          return 'imported';
        });
      }
    }

    await using app = await createApp({
      imports: [
        MaintenanceModule.forRoot({ keys: [new MaintenanceKey('import')], socket: false, admin: false }),
      ],
      providers: [ImportGateway],
    });
    const socket = io(app.url, { transports: ['websocket'], forceNew: true });
    try {
      const importing = socket.emitWithAck('import', {});
      await working.opened;
      const service = app.app.get(MaintenanceService);
      await expect(service.maintain('general', () => 'never', { drain: 100 })).rejects.toMatchObject({
        routes: ['ImportGateway.import'],
      });
      finish.open();
      expect(await importing).toBe('imported');
      expect(await service.maintain('general', () => 'done')).toBe('done');
    } finally {
      socket.disconnect();
    }
  });

  describe('a waiting call is told apart from other calls', () => {
    const staff = { 'x-staff': '1' };
    const startTwo = async () => {
      const working = gate();
      const finish = gate();
      const background: Promise<unknown>[] = [];

      @Controller()
      class ImportController {
        constructor(private readonly maintenance: MaintenanceService) {}

        @Post('import/:id')
        import(@Param('id') id: string) {
          const work = async () => {
            working.open();
            await finish.opened;
            return id;
          };
          return this.maintenance.maintain('import', work, { blocking: true });
        }

        /** Does not wait for what it begins. */
        @Post('start/:id')
        async start(@Param('id') id: string) {
          if (id === 'slow') {
            working.open();
            await finish.opened;
          } else {
            const begun = this.maintenance.maintain('general', () => 'ran', { drain: 300 });
            background.push(begun.catch((error: unknown) => error));
          }
          return id;
        }
      }

      const app = await createApp({
        imports: [
          MaintenanceModule.forRoot({
            keys: [new MaintenanceKey('import')],
            bypass: {
              when: ({ headers }: { headers: Record<string, string> }) => headers['x-staff'] === '1',
            },
            socket: false,
            admin: false,
          }),
        ],
        controllers: [ImportController],
      });
      return { app, working, finish, background };
    };
    const post = (port: number, path: string, headers = {}) =>
      request(port, path, { method: 'POST', headers });

    it('of which one works while another waits that is not refused', async () => {
      const { app: started, working, finish } = await startTwo();
      await using app = started;
      const importing = post(app.port, '/import/1');
      await working.opened;
      const waiting = post(app.port, '/import/2', staff);
      await until(() => app.app.get(InFlight).size === 2);
      const service = app.app.get(MaintenanceService);
      await expect(service.maintain('general', () => 'never', { drain: 300 })).rejects.toMatchObject({
        routes: ['POST /import/:id'],
      });
      finish.open();
      expect((await importing).text).toBe('1');
      expect((await waiting).text).toBe('2');
      expect(await service.maintain('general', () => 'done')).toBe('done');
    });

    it('of which one works after the one that waits has responded', async () => {
      const { app: started, working, finish, background } = await startTwo();
      await using app = started;
      const slow = post(app.port, '/start/slow');
      await working.opened;
      expect((await post(app.port, '/start/quick')).text).toBe('quick');
      expect(await background[0]).toMatchObject({ routes: ['POST /start/:id'] });
      finish.open();
      expect((await slow).text).toBe('slow');
    });
  });
});
