import { Body, Controller, Post, UseFilters } from '@nestjs/common';
import * as library from 'nestjs-maintenance';
import {
  MaintenanceActiveError,
  MaintenanceConfigurationError,
  MaintenanceConflictError,
  MaintenanceDrainError,
  MaintenanceError,
  MaintenanceErrorFilter,
  MaintenanceException,
  MaintenanceKey,
  MaintenanceLockedError,
  MaintenanceLockLostError,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStoreError,
  MaintenanceVetoError,
  OnMaintenance,
  UnknownMaintenanceKeyError,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

const IN_A_MINUTE = () => new Date(Date.now() + 60_000);

/** What the controller throws, by name. */
const errors: Record<string, (service: MaintenanceService) => Promise<unknown> | never> = {
  unknown: (service) => service.setMaintenance(true, 'biling'),
  wrong: (service) => service.setMaintenance(true, 'billing', { timeout: -1 }),
  locked: () => fail(new MaintenanceLockedError('billing')),
  conflict: (service) => service.setMaintenance(true, 'billing', { ifRevision: 99 }),
  veto: () => fail(new MaintenanceVetoError('not on a Friday')),
  lost: () => fail(new MaintenanceLockLostError('billing', 'somebody unset the key')),
  active: () => fail(new MaintenanceActiveError('billing', { until: IN_A_MINUTE() })),
  drain: () => fail(new MaintenanceDrainError('billing', [], 10_000)),
  store: () => fail(new MaintenanceStoreError('ECONNREFUSED 10.1.2.3:6379 (WRONGPASS)')),
  refused: () => fail(new MaintenanceStoreError('OOM', 'refused')),
  // mistakes of the application, not of its client
  unfollowed: () => fail(new MaintenanceConfigurationError('Pass the request.', { option: 'followCalls' })),
  secretless: async (service) => service.createBypassToken(),
  other: () => fail(new MaintenanceError('The application shuts down at 10.1.2.3')),
};

function fail(error: Error): never {
  throw error;
}

@UseFilters(MaintenanceErrorFilter)
@Controller('operations')
class OperationsController {
  constructor(private readonly service: MaintenanceService) {}

  @Post()
  async act(@Body() { what }: { what: string }): Promise<unknown> {
    return errors[what]?.(this.service);
  }
}

describe.each(adapters)('MaintenanceErrorFilter on %s', (_name, createApp) => {
  it.each([
    ['a veto', new MaintenanceVetoError('not on a Friday'), 409, 'The change was refused: not on a Friday'],
    [
      'an error of this library',
      new MaintenanceConfigurationError('postgres://u:pw@db'),
      409,
      'The change was refused by a hook.',
    ],
    // which is Nest's to answer
    ['an error of its own', new Error('postgres://u:pw@db'), 500, 'Internal server error'],
  ])('hides what a hook throws unless it is a veto: %s', async (_what, error, status, message) => {
    class Hooks {
      @OnMaintenance('changing')
      refuse(): never {
        throw error;
      }
    }
    @UseFilters(MaintenanceErrorFilter)
    @Controller('operations')
    class SwitchController {
      constructor(private readonly service: MaintenanceService) {}

      @Post()
      close() {
        return this.service.setMaintenance(true);
      }
    }
    Reflect.defineMetadata('design:paramtypes', [MaintenanceService], SwitchController);
    await using running = await createApp({
      imports: [MaintenanceModule.forRoot({ socket: false, admin: false })],
      controllers: [SwitchController],
      providers: [Hooks],
    });
    const answer = await request(running.port, '/operations', { method: 'POST' });
    expect(answer.text).not.toContain('postgres');
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ message });
  });

  it.each<[what: string, status: number, body: object]>([
    [
      'unknown',
      404,
      {
        code: 'MAINTENANCE_UNKNOWN_KEY',
        error: 'Not Found',
        message: expect.stringContaining('registered: "general", "billing"'),
      },
    ],
    [
      'wrong',
      400,
      {
        code: 'MAINTENANCE_CONFIGURATION',
        error: 'Bad Request',
        errors: [{ field: 'timeout', message: expect.any(String) }],
      },
    ],
    [
      'locked',
      409,
      { code: 'MAINTENANCE_LOCKED', error: 'Conflict', message: expect.stringContaining('is locked') },
    ],
    [
      'conflict',
      409,
      { code: 'MAINTENANCE_CONFLICT', message: expect.stringContaining('changed by somebody else') },
    ],
    ['veto', 409, { code: 'MAINTENANCE_VETO', message: 'The change was refused: not on a Friday' }],
    ['lost', 409, { code: 'MAINTENANCE_LOCK_LOST', message: expect.stringContaining('was lost') }],
    ['active', 503, { code: 'MAINTENANCE_ACTIVE', error: 'Service Unavailable' }],
    ['drain', 503, { code: 'MAINTENANCE_DRAIN', message: expect.stringContaining('did not end in time') }],
    ['store', 503, { code: 'MAINTENANCE_STORE', outcome: 'unknown' }],
    ['refused', 503, { outcome: 'refused' }],
    ['unfollowed', 500, { error: 'Internal Server Error', message: 'Internal server error' }],
    ['secretless', 500, { error: 'Internal Server Error', message: 'Internal server error' }],
    ['other', 500, { error: 'Internal Server Error', message: 'Internal server error' }],
  ])('answers an error that is %s', async (what, status, body) => {
    await using running = await createApp({
      imports: [
        MaintenanceModule.forRoot({ socket: false, admin: false, keys: [new MaintenanceKey('billing')] }),
      ],
      controllers: [OperationsController],
    });
    const answer = await request(running.port, '/operations', { method: 'POST', json: { what } });
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ statusCode: status, ...body });
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(answer.headers['retry-after']).toBe(what === 'active' ? '60' : undefined);
    // addresses are for the log
    expect(answer.text).not.toContain('10.1.2.3');
    const logged = running.log.join('\n').includes('10.1.2.3');
    expect(logged).toBe(what === 'store' || what === 'other');
  });
});

describe.each(adapters)('MaintenanceErrorFilter on %s, towards visitors,', (_name, createApp) => {
  const start = () =>
    createApp({
      imports: [
        MaintenanceModule.forRoot({
          socket: false,
          admin: false,
          keys: [new MaintenanceKey('billing', { public: false }), new MaintenanceKey('mail')],
        }),
      ],
      controllers: [OperationsController],
    });
  const ask = (port: number, what: string) =>
    request(port, '/operations', { method: 'POST', json: { what } });

  it('does not name a key that is not public', async () => {
    await using running = await start();
    for (const what of ['unknown', 'locked', 'conflict', 'lost', 'active', 'drain']) {
      const { message } = (await ask(running.port, what)).json<{ message: string }>();
      expect(message, what).not.toContain('billing');
      expect(message, what).not.toMatch(/ {2}/);
    }
  });

  it('names public keys', async () => {
    await using running = await start();
    expect((await ask(running.port, 'unknown')).json()).toMatchObject({
      message: 'Unknown maintenance key "biling"; registered: "general", "mail".',
    });
  });

  it('logs each cause once, however often it occurs', async () => {
    await using running = await start();
    for (let i = 0; i < 5; i++) {
      await ask(running.port, 'other');
    }
    expect(running.log.filter((line) => line.includes('10.1.2.3'))).toHaveLength(1);
  });
});

describe('the code of an error', () => {
  const made: [name: string, error: Error & { code?: string }, code: string][] = [
    ['MaintenanceError', new MaintenanceError('x'), 'MAINTENANCE_ERROR'],
    [
      'MaintenanceConfigurationError',
      new library.MaintenanceConfigurationError('x'),
      'MAINTENANCE_CONFIGURATION',
    ],
    ['UnknownMaintenanceKeyError', new UnknownMaintenanceKeyError('x', ['a']), 'MAINTENANCE_UNKNOWN_KEY'],
    [
      'UnknownMaintenanceWindowError',
      new library.UnknownMaintenanceWindowError('x'),
      'MAINTENANCE_UNKNOWN_WINDOW',
    ],
    ['MaintenanceLockedError', new MaintenanceLockedError('x'), 'MAINTENANCE_LOCKED'],
    ['MaintenanceConflictError', new MaintenanceConflictError('x'), 'MAINTENANCE_CONFLICT'],
    ['MaintenanceVetoError', new MaintenanceVetoError('x'), 'MAINTENANCE_VETO'],
    ['MaintenanceLockLostError', new MaintenanceLockLostError('x', 'y'), 'MAINTENANCE_LOCK_LOST'],
    ['MaintenanceStoreError', new MaintenanceStoreError('x'), 'MAINTENANCE_STORE'],
    ['MaintenanceDrainError', new MaintenanceDrainError('x', [], 1), 'MAINTENANCE_DRAIN'],
    ['MaintenanceActiveError', new MaintenanceActiveError('x'), 'MAINTENANCE_ACTIVE'],
    ['MaintenanceRevokedError', new library.MaintenanceRevokedError('x'), 'MAINTENANCE_REVOKED'],
  ];

  it.each(made)('%s', (name, error, code) => {
    expect(error).toMatchObject({ name, code });
    expect(error).toBeInstanceOf(MaintenanceError);
  });

  it('exists for each error', () => {
    const names = Object.keys(library).filter((name) => name.endsWith('Error'));
    expect(made.map(([name]) => name).toSorted()).toEqual(names.toSorted());
    expect(MaintenanceException.name).toBe('MaintenanceException');
  });

  it('comes with the existing names if a key is unknown', () => {
    expect(new UnknownMaintenanceKeyError('x', ['a', 'b']).known).toEqual(['a', 'b']);
  });
});
