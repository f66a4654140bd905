import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  Scope,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, REQUEST } from '@nestjs/core';
import { GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  MaintenanceGuard,
  MaintenanceKey,
  MaintenanceService,
  MaintenanceStatus,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { firstValueFrom } from 'rxjs';
import { io } from 'socket.io-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

/** What each guard of the application was asked about. */
const asked: string[] = [];

@Injectable()
class AuthGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    asked.push(context.getType<string>());
    throw new UnauthorizedException();
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestGuard extends AuthGuard {
  constructor(@Inject(REQUEST) readonly request: unknown) {
    super();
  }
}

@Controller()
class ShopController {
  @Get('shop')
  read(): string {
    return 'read';
  }

  @UseGuards(AuthGuard)
  @Post('shop')
  write(): string {
    return 'written';
  }
}

@Controller({ path: 'each', scope: Scope.REQUEST })
class EachController {
  @Get()
  read(): string {
    return 'read';
  }
}

@Resolver()
class ShopResolver {
  @Query(() => String)
  read(): string {
    return 'read';
  }

  @UseGuards(AuthGuard)
  @Mutation(() => String)
  write(): string {
    return 'written';
  }
}

@UseGuards(AuthGuard)
@WebSocketGateway()
class ShopGateway {
  @SubscribeMessage('write')
  write(): string {
    return 'written';
  }
}

@Controller()
class SumController {
  @UseGuards(AuthGuard)
  @MessagePattern('write')
  write(): string {
    return 'written';
  }
}

const auth: Provider = { provide: APP_GUARD, useClass: AuthGuard };

/** The application with its guard at that place. */
function application(place: string, options: MaintenanceRootOptions) {
  @Module({ providers: [auth] })
  class FeatureModule {}
  const module = maintenance(options);
  const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    csrfPrevention: false,
  });
  const imports = {
    'an earlier import': [FeatureModule, module, graphql],
    'a later import': [module, FeatureModule, graphql],
  }[place] ?? [module, graphql];
  const providers =
    {
      'the root module': [auth],
      'the root module, made for each request': [{ provide: APP_GUARD, useClass: RequestGuard }],
    }[place] ?? [];
  return {
    imports,
    controllers: [ShopController, EachController],
    providers: [ShopResolver, ShopGateway, ...providers],
  };
}

const PLACES = [
  'the root module',
  'the root module, made for each request',
  'an earlier import',
  'a later import',
  'useGlobalGuards()',
  'routes and handlers only',
];

beforeEach(() => void asked.splice(0));

describe.each(adapters)('guards of the application on %s', (_name, createApp) => {
  describe.each(PLACES)('in %s', (place) => {
    const configure = (app: INestApplication) =>
      place === 'useGlobalGuards()' && app.useGlobalGuards(new AuthGuard());
    /** What visitors get for everything there is. */
    async function visit({ port, url }: { port: number; url: string }) {
      const graph = (query: string) =>
        request(port, '/graphql', { method: 'POST', json: { query } }).then(
          (answer) =>
            answer.json<{ errors?: { extensions: { code: string } }[] }>().errors?.[0]?.extensions.code,
        );
      const socket = io(url, { transports: ['websocket'], forceNew: true });
      const said = new Promise<{ code?: string }>((resolve) => socket.once('exception', resolve));
      socket.emit('write', {});
      const { code } = await said;
      socket.disconnect();
      return {
        read: (await request(port, '/shop')).status,
        write: (await request(port, '/shop', { method: 'POST' })).status,
        each: (await request(port, '/each')).status,
        query: await graph('{ read }'),
        mutation: await graph('mutation { write }'),
        message: code,
      };
    }
    const refused = {
      read: 503,
      write: 503,
      each: 503,
      query: 'MAINTENANCE',
      mutation: 'MAINTENANCE',
      message: 'MAINTENANCE',
    };

    it.each([['first'], [true], [undefined]] as const)('run after ours with guard: %j', async (guard) => {
      await using running = await createApp(application(place, { guard }), configure);
      await visit(running);
      expect(asked.length).toBeGreaterThanOrEqual(3);
      asked.length = 0;
      await serviceOf(running).setMaintenance(true);
      expect(await visit(running)).toEqual(refused);
      expect(asked).toEqual([]);
      await serviceOf(running).setMaintenance(false);
      expect(await visit(running)).toMatchObject({ write: 401 });
    });
  });

  it("with guard: 'in-order' run in their order, so that bypass.when sees their results", async () => {
    class UserGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const asking = context
          .switchToHttp()
          .getRequest<{ headers: Record<string, string>; user?: string }>();
        asking.user = asking.headers['x-user'];
        return true;
      }
    }
    const staff = (asking: unknown) => (asking as { user?: string }).user === 'ada';
    const start = (guard: MaintenanceRootOptions['guard']) =>
      createApp({
        imports: [maintenance({ guard, bypass: { when: staff } })],
        controllers: [ShopController],
        providers: [{ provide: APP_GUARD, useClass: UserGuard }],
      });
    const headers = { 'x-user': 'ada' };
    await using running = await start('in-order');
    await serviceOf(running).setMaintenance(true);
    expect((await request(running.port, '/shop', { headers })).status).toBe(200);
    expect((await request(running.port, '/shop')).status).toBe(503);
    await using first = await start('first');
    await serviceOf(first).setMaintenance(true);
    expect((await request(first.port, '/shop', { headers })).status).toBe(503);
  });

  it.each(['handlers', 'site'] as const)(
    "see what middleware puts on the request, with coverage '%s'",
    async (coverage) => {
      interface Asking {
        staff?: boolean;
        raw?: { staff?: boolean };
      }
      const isStaff = (asking: unknown) => ((asking as Asking).raw ?? (asking as Asking)).staff === true;
      class Visitors extends MaintenanceStatus {
        override maintaining(): boolean {
          return this.value && !isStaff(this.request);
        }
      }
      await using running = await createApp(
        {
          imports: [
            maintenance({
              coverage,
              bypass: { when: isStaff },
              keys: [new MaintenanceKey('visitors', { statusClass: Visitors })],
            }),
          ],
          controllers: [ShopController],
        },
        (app) =>
          app.use(
            (incoming: { headers: { cookie?: string }; staff?: boolean }, _: unknown, next: () => void) => {
              incoming.staff = incoming.headers.cookie === 'staff';
              next();
            },
          ),
      );
      for (const key of ['general', 'visitors']) {
        await serviceOf(running).setMaintenance(true, key);
        for (const origin of ['', 'http://elsewhere.example']) {
          const more: Record<string, string> = origin ? { origin } : {};
          const staff = { headers: { cookie: 'staff', ...more } };
          expect((await request(running.port, '/shop', staff)).status).toBe(200);
          expect((await request(running.port, '/shop', { headers: more })).status).toBe(503);
        }
        await serviceOf(running).unsetMaintenance(key);
      }
    },
  );

  it('a custom guard replaces ours, with its protected members', async () => {
    const refusals: unknown[] = [];
    @Injectable()
    class OwnGuard extends MaintenanceGuard {
      protected override shouldSkip(context: ExecutionContext): boolean {
        return super.shouldSkip(context) || context.getHandler().name === 'write';
      }

      protected override onRefused(context: ExecutionContext, { key }: MaintenanceStatus): void {
        refusals.push([context.getHandler().name, key?.name]);
      }
    }
    await using running = await createApp({
      imports: [maintenance({ guard: false, ignorePaths: ['/each'] })],
      controllers: [ShopController, EachController],
      providers: [{ provide: APP_GUARD, useClass: OwnGuard }, auth],
    });
    await serviceOf(running).setMaintenance(true);
    expect((await request(running.port, '/shop')).status).toBe(503);
    expect(asked).toEqual([]);
    expect((await request(running.port, '/shop', { method: 'POST' })).status).toBe(401);
    expect((await request(running.port, '/each')).status).toBe(401);
    expect(refusals).toEqual([['read', 'general']]);
  });

  it('a custom guard that promises where it must not admits nobody, and the process lives', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    @Injectable()
    class OwnGuard extends MaintenanceGuard {
      protected override shouldSkip(): boolean {
        return Promise.reject(new Error('no database')) as never;
      }

      // TypeScript accepts this
      protected override async onRefused(): Promise<void> {
        throw new Error('no database');
      }
    }
    try {
      await using running = await createApp({
        imports: [maintenance({ guard: false })],
        controllers: [ShopController],
        providers: [{ provide: APP_GUARD, useClass: OwnGuard }],
      });
      await serviceOf(running).setMaintenance(true);
      for (let i = 0; i < 3; i++) {
        expect((await request(running.port, '/shop')).status).toBe(503);
      }
      await new Promise(setImmediate);
      expect(unhandled).toEqual([]);
      expect(running.log.filter((line) => /^(warn|error)/.test(line))).toEqual([
        'error [Maintenance] shouldSkip() of OwnGuard returned a promise but must be synchronous; the call is judged as usual.',
        'error [Maintenance] onRefused() of OwnGuard threw: no database; the call is refused nevertheless.',
      ]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});

describe('guards of the application and microservices', () => {
  const facts = { code: 'MAINTENANCE', maintenanceMode: true };

  it.each(['a microservice', 'a hybrid application'])('%s: our guard runs first', async (kind) => {
    @Module({ imports: [maintenance()], controllers: [SumController], providers: [auth] })
    class RootModule {}
    const options: MicroserviceOptions = {
      transport: Transport.TCP,
      options: { port: 0, host: '127.0.0.1' },
    };
    const quiet = { logger: false, abortOnError: false } as const;
    let close: () => Promise<void>;
    let service: MaintenanceService;
    let listening: unknown;
    if (kind === 'a microservice') {
      const app = await NestFactory.createMicroservice<MicroserviceOptions>(RootModule, {
        ...options,
        ...quiet,
      });
      await app.listen();
      [close, service, listening] = [() => app.close(), app.get(MaintenanceService), app];
    } else {
      const app = await NestFactory.create(RootModule, quiet);
      listening = app.connectMicroservice<MicroserviceOptions>(options, { inheritAppConfig: true });
      app.useGlobalGuards(new AuthGuard());
      await app.startAllMicroservices();
      await app.init();
      [close, service] = [() => app.close(), app.get(MaintenanceService)];
    }
    const { port } = (
      listening as { serverInstance: { server: { address(): { port: number } } } }
    ).serverInstance.server.address();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
    try {
      const write = () => firstValueFrom(client.send('write', {}));
      await expect(write()).rejects.toMatchObject({ message: 'Internal server error' });
      expect(asked).toEqual(['rpc']);
      asked.length = 0;
      await service.setMaintenance(true);
      await expect(write()).rejects.toMatchObject(facts);
      expect(asked).toEqual([]);
    } finally {
      await client.close();
      await close();
    }
  });
});
