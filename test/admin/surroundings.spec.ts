import {
  BadGatewayException,
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
  VersioningType,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type ModuleMetadata,
  type NestInterceptor,
  type PipeTransform,
  type Type,
  type VersioningOptions,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import express from 'express';
import { MaintenanceKey, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { map, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { adapters, createExpressApp, type AppOptions } from '../support/apps.js';
import { adminModule, ALL, as, permissions } from './operators.js';

/** The application's own answer to whatever goes wrong. */
@Catch()
class CatchAll implements ExceptionFilter {
  constructor(private readonly app: INestApplication) {}

  catch(exception: { getStatus?: () => number }, host: ArgumentsHost): void {
    const status = exception.getStatus?.() ?? 500;
    this.app.getHttpAdapter().reply(host.switchToHttp().getResponse(), { own: true, status }, status);
  }
}

/** A pipe that would ruin whatever it is given. */
class Ruin implements PipeTransform {
  transform(): never {
    throw new BadGatewayException();
  }
}

/** An interceptor that puts every answer into an envelope. */
const envelope: NestInterceptor = {
  intercept: (_context, next) => next.handle().pipe(map((data: unknown) => ({ envelope: data }))),
};

const put = (port: number, json: unknown, headers: Record<string, string> = {}, prefix = '/maintenance') =>
  as(ALL, port, `${prefix}/keys/general`, { method: 'PUT', json, headers });

describe.each(adapters)('admin API on %s', (_name, createApp) => {
  it.each([
    ['transform', { transform: true, transformOptions: { enableImplicitConversion: true } }],
    ['whitelist', { whitelist: true, transform: true }],
    ['forbidNonWhitelisted', { whitelist: true, forbidNonWhitelisted: true }],
    ['forbidUnknownValues', { forbidUnknownValues: true, validateCustomDecorators: true }],
  ])('is not affected by a ValidationPipe with %s', async (_case, options) => {
    await using running = await createApp({ imports: [adminModule()] }, (app) =>
      app.useGlobalPipes(new ValidationPipe(options)),
    );
    expect((await put(running.port, { mode: 'true' })).status).toBe(400);
    expect((await put(running.port, { mode: true, colour: 'red' })).status).toBe(400);
    expect((await put(running.port, { mode: true, timeout: '5' })).status).toBe(400);
    expect((await put(running.port, { mode: true, timeout: 60_000 })).status).toBe(200);
  });

  it('keeps its responses away from other pipes, interceptors and filters', async () => {
    await using running = await createApp({ imports: [adminModule()] }, (app) =>
      app.useGlobalPipes(new Ruin()).useGlobalInterceptors(envelope).useGlobalFilters(new CatchAll(app)),
    );
    expect((await put(running.port, { mode: true })).json()).toMatchObject({ name: 'general', value: true });
    expect((await put(running.port, {})).json()).toMatchObject({ statusCode: 400, error: 'Bad Request' });
    expect((await as('', running.port, '/maintenance/keys')).json()).toMatchObject({ statusCode: 403 });
    expect((await as(ALL, running.port, '/maintenance/admin')).headers['content-type']).toContain(
      'text/html',
    );
  });

  it('leaves what the application refuses by itself to its own filters', async () => {
    class Closed implements CanActivate {
      canActivate(): boolean {
        throw new UnauthorizedException();
      }
    }
    const metadata: ModuleMetadata = { imports: [adminModule({ admin: { guards: [Closed] } })] };
    await using running = await createApp(metadata, (app) => app.useGlobalFilters(new CatchAll(app)));
    const answer = await as(ALL, running.port, '/maintenance/admin');
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ own: true, status: 401 });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each<[string, VersioningOptions]>([
    ['URI', { type: VersioningType.URI, defaultVersion: '2' }],
    ['header', { type: VersioningType.HEADER, header: 'x-version', defaultVersion: '2' }],
    ['media type', { type: VersioningType.MEDIA_TYPE, key: 'v=' }],
  ])('works with %s versioning and a global prefix', async (_case, options) => {
    await using running = await createApp({ imports: [adminModule()] }, (app) =>
      app.setGlobalPrefix('api').enableVersioning(options),
    );
    expect((await put(running.port, { mode: true }, { 'x-version': '7' }, '/api/maintenance')).status).toBe(
      200,
    );
    expect((await as(ALL, running.port, '/api/maintenance/admin')).status).toBe(200);
  });

  it.each<[string, AppOptions]>([
    ['without a body parser', { bodyParser: false }],
    ['that keeps the raw body', { rawBody: true }],
  ])('reads the body in an application %s', async (_case, options) => {
    await using running = await createApp({ imports: [adminModule()] }, undefined, options);
    expect((await put(running.port, { mode: true, reason: 'ü' })).json()).toMatchObject({ reason: 'ü' });
    expect((await put(running.port, { mode: 'true' })).status).toBe(400);
    const broken = { method: 'PUT', body: '{', headers: { 'content-type': 'application/json' } } as const;
    expect((await as(ALL, running.port, '/maintenance/keys/general', broken)).status).toBe(400);
    const huge = { message: 'x'.repeat(2_000_000) };
    expect((await put(running.port, huge)).status).toBe(413);
  });

  describe('with guards of the application', () => {
    @Injectable()
    class Sessions {
      readonly open = new Map([['k3y', 'Ada']]);
    }

    @Injectable()
    class SessionGuard implements CanActivate {
      asked = 0;

      constructor(private readonly sessions: Sessions) {}

      canActivate(context: ExecutionContext): boolean {
        this.asked += 1;
        const incoming = context
          .switchToHttp()
          .getRequest<{ headers: Record<string, string>; user: unknown }>();
        incoming.user = { username: this.sessions.open.get(incoming.headers['x-key'] ?? '') };
        return this.sessions.open.has(incoming.headers['x-key'] ?? '');
      }
    }

    @Module({ providers: [Sessions, SessionGuard], exports: [Sessions] })
    class AuthModule {}
    @Module({ providers: [Sessions], exports: [Sessions] })
    class SessionsOnly {}
    @UseGuards(SessionGuard)
    @Controller('account')
    class AccountController {
      @Get()
      index(): string {
        return 'yours';
      }
    }

    const guarded = adminModule.bind(null, { admin: { guards: [SessionGuard] } });

    it.each<[string, () => ModuleMetadata]>([
      ['provides it', () => ({ imports: [guarded(), AuthModule] })],
      ['only provides its dependencies', () => ({ imports: [guarded(), SessionsOnly] })],
      [
        'provides its dependencies in the root module',
        () => ({ imports: [guarded()], providers: [Sessions] }),
      ],
      ['uses it elsewhere', () => ({ imports: [guarded(), SessionsOnly], controllers: [AccountController] })],
    ])('creates a guard if the application %s', async (_case, metadata) => {
      await using running = await createApp(metadata());
      const denied = await put(running.port, { mode: true });
      expect(denied.status).toBe(403);
      const allowed = await put(running.port, { mode: true }, { 'x-key': 'k3y' });
      expect(allowed.json()).toMatchObject({ value: true, actor: 'Ada' });
      for (const path of ['admin', 'admin/state', 'menu', 'keys', 'keys/general']) {
        expect((await as(ALL, running.port, `/maintenance/${path}`)).status, path).toBe(403);
      }
      expect((await as('', running.port, '/maintenance/ping')).json()).toMatchObject({
        maintenanceMode: true,
      });
    });

    it("uses the application's instance", async () => {
      await using running = await createApp({ imports: [guarded(), AuthModule] });
      await put(running.port, { mode: true });
      expect(running.app.get(SessionGuard, { strict: false }).asked).toBe(1);
    });

    it('accepts asynchronous options', async () => {
      const later = MaintenanceModule.forRootAsync({
        imports: [AuthModule],
        useFactory: () => ({ permissions }),
        socket: false,
        admin: { guards: [SessionGuard] },
      });
      await using running = await createApp({ imports: [later] });
      expect((await put(running.port, { mode: true })).status).toBe(403);
      expect((await put(running.port, { mode: true }, { 'x-key': 'k3y' })).status).toBe(200);
    });

    it('runs instances, promises, observables and request-scoped guards in order, before permissions', async () => {
      const seen: string[] = [];
      @Injectable({ scope: Scope.REQUEST })
      class PerRequest implements CanActivate {
        constructor(@Inject(REQUEST) private readonly incoming: { headers: Record<string, string> }) {}

        canActivate(): Promise<boolean> {
          seen.push(`scoped ${this.incoming.headers['x-key']}`);
          return Promise.resolve(true);
        }
      }
      const instance: CanActivate = {
        canActivate: () => {
          seen.push('instance');
          return of(true);
        },
      };
      const last: CanActivate = { canActivate: () => of(!seen.includes('permission')) };
      const module = adminModule({
        admin: { guards: [instance, PerRequest, last] },
        permissions: () => seen.push('permission') > 0,
      });
      await using running = await createApp({ imports: [module], providers: [PerRequest] });
      expect((await put(running.port, { mode: true }, { 'x-key': 'a' })).status).toBe(200);
      expect(seen.slice(0, 3)).toEqual(['instance', 'scoped a', 'permission']);
    });

    it('denies access when one does not respond, and logs it', async () => {
      const hangs: CanActivate = { canActivate: () => new Promise(() => undefined) };
      const module = adminModule({ admin: { guards: [hangs] }, callTimeout: 100 });
      await using running = await createApp({ imports: [module] });
      const answers = await Promise.all(
        ['admin', 'keys', 'menu'].map((path) => as(ALL, running.port, `/maintenance/${path}`)),
      );
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
      expect((await put(running.port, { mode: true })).status).toBe(403);
      expect(running.app.get(MaintenanceService).isActive()).toBe(false);
      expect(
        running.log.filter((line) => /"admin\.guards" did not answer within 100 ms/.test(line)),
      ).toHaveLength(1);
    });

    it('responds in time even if "permissions" or isEditable() do not', async () => {
      class Slow extends MaintenanceKey {
        override isEditable(): Promise<boolean> {
          return new Promise(() => undefined);
        }
      }
      const keys = [new Slow('slow')];
      await using running = await createApp({ imports: [adminModule({ keys, callTimeout: 100 })] });
      const state = await as(ALL, running.port, '/maintenance/admin/state');
      expect(state.json<{ keys: { name: string }[] }>().keys.map(({ name }) => name)).toEqual(['general']);
      const permissions = () => new Promise<boolean>(() => undefined);
      await using denied = await createApp({ imports: [adminModule({ permissions, callTimeout: 100 })] });
      expect((await put(denied.port, { mode: true })).status).toBe(403);
    });

    it('also obeys global guards', async () => {
      const closed = { provide: APP_GUARD, useValue: { canActivate: () => false } };
      await using running = await createApp({ imports: [adminModule()], providers: [closed] });
      expect((await put(running.port, { mode: true })).status).toBe(403);
      expect(running.app.get(MaintenanceService).isInMaintenance().value).toBe(false);
    });

    it('does not start with a guard that cannot be created', async () => {
      await expect(createApp({ imports: [guarded()] })).rejects.toThrow(
        /"admin\.guards" received function SessionGuard, which cannot be created .*Sessions.*accepted: a guard/s,
      );
    });

    it.each(['created', 'provided'])('does not start with a class that is no guard: %s', async (how) => {
      class Session {}
      const module = adminModule({ admin: { guards: [Session as Type<CanActivate>] } });
      await expect(
        createApp({ imports: [module], providers: how === 'provided' ? [Session] : [] }),
      ).rejects.toThrow(
        /"admin\.guards" received function Session, which has no canActivate\(\); accepted: /,
      );
    });
  });
});

it.each([
  ['text', express.text({ type: '*/*' })],
  ['bytes', express.raw({ type: '*/*' })],
])('reads the body if the application has a parser that returns %s', async (_case, parser) => {
  await using running = await createExpressApp({ imports: [adminModule()] }, (app) => app.use(parser), {
    bodyParser: false,
  });
  expect((await put(running.port, { mode: true })).status).toBe(200);
  expect((await put(running.port, { mode: 'true' })).status).toBe(400);
});

it.each([
  [{ name: 'Ada', email: 'ada@example.com', id: 7 }, 'ada@example.com (Ada)'],
  [{ displayName: 'Ada', id: 7 }, '7 (Ada)'],
  [{ email: 'ada@example.com', id: 7 }, 'ada@example.com'],
  [{ name: '  ', username: 'ada', sub: 'x' }, 'ada'],
  [{ name: 'ada', username: 'ada' }, 'ada'],
  [{ name: 'root)\n(boss@example.com', sub: 'auth0|1' }, 'auth0|1 (root) (boss@example.com)'],
  [{ name: 'Ada' }, 'Ada'],
  [{ id: 7 }, '7'],
  ['ada', 'ada'],
  [{ name: { first: 'Ada' }, sub: 'auth0|1' }, 'auth0|1'],
  [{ name: 'x'.repeat(300) }, 'x'.repeat(200)],
  [{}, null],
  [undefined, null],
])('takes the actor from the user %j', async (user, actor) => {
  const login: CanActivate = {
    canActivate: (context) => {
      context.switchToHttp().getRequest<{ user: unknown }>().user = user;
      return true;
    },
  };
  await using running = await createExpressApp({ imports: [adminModule({ admin: { guards: [login] } })] });
  expect((await put(running.port, { mode: true })).json()).toMatchObject({ actor });
});
