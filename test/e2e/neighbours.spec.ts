import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  Get,
  HttpException,
  Injectable,
  Post,
  UseInterceptors,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, HttpAdapterHost } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { MaintenanceException, MaintenanceExempt } from 'nestjs-maintenance';
import { map, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

class Order {
  @IsInt()
  count!: number;
}

@Injectable()
class Wrap implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Controller('orders')
class OrdersController {
  @Get()
  list(): string[] {
    return [];
  }

  @Post()
  order(@Body() { count }: Order): { count: number } {
    return { count };
  }

  @UseInterceptors(Wrap)
  @Get('failing')
  failing(): never {
    throw new BadRequestException('on purpose');
  }

  @MaintenanceExempt()
  @Post('open')
  open(@Body() { count }: Order): { count: number } {
    return { count };
  }
}

@Injectable()
class AuthGuard implements CanActivate {
  static calls = 0;

  canActivate(context: ExecutionContext): Promise<boolean> {
    AuthGuard.calls++;
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return Promise.resolve(headers['x-user'] !== undefined);
  }
}

/** Answers everything in a shape of its own. */
@Catch()
class CatchAll implements ExceptionFilter {
  static readonly seen: unknown[] = [];

  constructor(private readonly host: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    CatchAll.seen.push(exception);
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    const body = exception instanceof HttpException ? exception.getResponse() : {};
    // what a careless filter does with the body it is given
    Object.assign(body, { path: 'mine', message: 'mine' });
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { own: body }, status);
  }
}

const user = (more: object = {}) => ({ ...more, headers: { 'x-user': 'ada' } });

describe.each(adapters)("beside the application's own parts on %s", (_name, createApp) => {
  it.each(['provider', 'global'] as const)(
    'a catch-all filter (%s) sees status, JSON and headers of a refusal',
    async (how) => {
      await using running = await createApp(
        {
          imports: [maintenance()],
          controllers: [OrdersController],
          providers: how === 'provider' ? [{ provide: APP_FILTER, useClass: CatchAll }] : [],
        },
        (app) => how === 'global' && app.useGlobalFilters(new CatchAll(app.get(HttpAdapterHost))),
      );
      await serviceOf(running).setMaintenance(true, 'general', { message: 'Closed.' });
      CatchAll.seen.length = 0;
      for (let index = 0; index < 3; index++) {
        const answer = await request(running.port, '/orders', { headers: { accept: 'text/html' } });
        expect(answer).toMatchObject({
          status: 503,
          headers: {
            'retry-after': '60',
            'cache-control': 'no-store',
            'x-maintenance-mode': '1',
            vary: 'Accept',
          },
        });
        expect(answer.headers).not.toHaveProperty('etag');
        expect(answer.json()).toMatchObject({
          own: { statusCode: 503, message: 'mine', maintenanceMode: true, retryAfter: 60, until: null },
        });
      }
      expect(CatchAll.seen).toHaveLength(3);
      const [exception] = CatchAll.seen as MaintenanceException[];
      expect(exception).toBeInstanceOf(MaintenanceException);
      // what the filter did to its copy of the body harmed nobody else's
      expect(exception?.getResponse()).toEqual({
        statusCode: 503,
        error: 'Service Unavailable',
        message: 'Closed.',
        maintenanceMode: true,
        retryAfter: 60,
        until: null,
      });
      expect(exception).toMatchObject({ message: 'Closed.', retryAfter: 60, until: null });
      expect(exception?.key?.name).toBe('general');
    },
  );

  it("the application's own errors are left alone", async () => {
    await using running = await createApp({ imports: [maintenance()], controllers: [OrdersController] });
    const answer = await request(running.port, '/orders/failing');
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.headers).not.toHaveProperty('x-maintenance-mode');
  });

  it('interceptors and pipes work as usual, and a refused request does not reach them', async () => {
    let intercepted = 0;
    class Counting extends Wrap {
      override intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        intercepted++;
        return super.intercept(context, next);
      }
    }
    await using running = await createApp({
      imports: [maintenance()],
      controllers: [OrdersController],
      providers: [
        { provide: APP_INTERCEPTOR, useClass: Counting },
        { provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true }) },
      ],
    });
    const post = (path: string, json: unknown) => request(running.port, path, { method: 'POST', json });
    expect((await post('/orders', { count: 2, other: 1 })).json()).toEqual({ data: { count: 2 } });
    expect((await post('/orders', { count: 'x' })).status).toBe(400);
    await serviceOf(running).setMaintenance(true);
    intercepted = 0;
    // a refusal goes before validation
    expect((await post('/orders', { count: 'x' })).status).toBe(503);
    expect((await post('/orders', { count: 2 })).status).toBe(503);
    expect(intercepted).toBe(0);
    expect((await post('/orders/open', { count: 3 })).json()).toEqual({ data: { count: 3 } });
    expect((await post('/orders/open', { count: 'x' })).status).toBe(400);
    expect(await request(running.port, '/maintenance/ping')).toMatchObject({ status: 503 });
    expect((await request(running.port, '/maintenance/ping')).json()).toMatchObject({
      maintenanceMode: true,
    });
  });

  it('a malformed body gets a refusal instead of an error only if a handler would see it', async () => {
    await using running = await createApp({ imports: [maintenance()], controllers: [OrdersController] });
    const init = {
      method: 'POST',
      body: '{"count":',
      headers: { 'content-type': 'application/json' },
    } as const;
    expect((await request(running.port, '/orders', init)).status).toBe(400);
    await serviceOf(running).setMaintenance(true);
    expect([400, 503]).toContain((await request(running.port, '/orders', init)).status);
    await using site = await createApp({
      imports: [maintenance({ coverage: 'site' })],
      controllers: [OrdersController],
    });
    await serviceOf(site).setMaintenance(true);
    expect((await request(site.port, '/orders', init)).status).toBe(503);
  });

  it('an auth guard runs after ours, even one of the root module, unless the order is kept', async () => {
    await using globally = await createApp(
      { imports: [maintenance()], controllers: [OrdersController] },
      (app) => app.useGlobalGuards(new AuthGuard()),
    );
    expect((await request(globally.port, '/orders')).status).toBe(403);
    expect((await request(globally.port, '/orders', user())).status).toBe(200);
    await serviceOf(globally).setMaintenance(true);
    AuthGuard.calls = 0;
    expect((await request(globally.port, '/orders')).status).toBe(503);
    expect((await request(globally.port, '/orders', user())).status).toBe(503);
    expect(AuthGuard.calls).toBe(0);
    expect((await request(globally.port, '/orders/open', { method: 'POST', json: {} })).status).toBe(403);

    await using rooted = await createApp({
      imports: [maintenance({ guard: 'in-order' })],
      controllers: [OrdersController],
      providers: [{ provide: APP_GUARD, useClass: AuthGuard }],
    });
    await serviceOf(rooted).setMaintenance(true);
    expect((await request(rooted.port, '/orders')).status).toBe(403);
    expect((await request(rooted.port, '/orders', user())).status).toBe(503);
  });

  it('cached exceptions are not mixed up between keys, ends and messages', async () => {
    await using running = await createApp({ imports: [maintenance()], controllers: [OrdersController] });
    const service = serviceOf(running);
    const messages: string[] = [];
    for (const message of ['One.', 'Two.', 'Three.']) {
      await service.setMaintenance(true, 'general', { message, timeout: 60_000 });
      const answers = await Promise.all(
        ['application/json', 'text/html', 'application/problem+json'].map((accept) =>
          request(running.port, '/orders', { headers: { accept } }),
        ),
      );
      messages.push(...answers.map(({ text }) => String(text.includes(message))));
    }
    expect(new Set(messages)).toEqual(new Set(['true']));
  });
});
