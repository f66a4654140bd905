import { Controller, Get, Post, Res, Scope } from '@nestjs/common';
import { RouterExecutionContext } from '@nestjs/core/router/router-execution-context.js';
import { MaintenanceExempt, MaintenanceService } from 'nestjs-maintenance';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InFlight } from '../../lib/in-flight/in-flight.js';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

type Handler = (this: unknown, ...args: unknown[]) => unknown;

/** What OpenTelemetry does for Nest, and with it Sentry: a function of its own in place of each handler, with its metadata. */
function instrumented(handler: Handler): Handler {
  const wrapped: Handler = async function (...args) {
    return handler.apply(this, args);
  };
  Object.defineProperty(wrapped, 'name', { value: handler.name });
  for (const key of Reflect.getMetadataKeys(handler)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, handler), wrapped);
  }
  return wrapped;
}

const contexts = RouterExecutionContext.prototype as unknown as { create: Handler };
const { create } = contexts;

beforeAll(() => {
  contexts.create = function (instance, callback, ...rest) {
    return create.call(this, instance, instrumented(callback as Handler), ...rest);
  };
});

afterAll(() => {
  contexts.create = create;
});

let writing = 0;
let finish: () => void = () => undefined;

@Controller()
class JobController {
  constructor(private readonly service: MaintenanceService) {}

  @Post('move')
  move(): Promise<string> {
    return this.service.maintain('general', () => 'moved', { drain: 1_000 });
  }

  @Get('early')
  async early(@Res() reply: { raw?: ServerResponse; end?: () => void }): Promise<void> {
    writing++;
    (reply.raw ?? (reply as ServerResponse)).end('early');
    await new Promise<void>((resolve) => (finish = resolve));
    writing--;
  }

  @MaintenanceExempt()
  @Get('open')
  open(): string {
    return 'open';
  }
}

/** An instance, and so a function of the instrumentation, for each request. */
@Controller({ path: 'each', scope: Scope.REQUEST })
class EachController extends JobController {}

describe.each(adapters)('handlers that instrumentation has wrapped on %s', (_name, createApp) => {
  const start = () => createApp({ imports: [maintenance()], controllers: [JobController, EachController] });

  it.each(['', '/each'])('do not wait for themselves in maintain(): %s/move', async (path) => {
    await using running = await start();
    const answer = await request(running.port, `${path}/move`, { method: 'POST' });
    expect(answer).toMatchObject({ status: 201, text: 'moved' });
  });

  it.each(['', '/each'])('are waited for after they have answered: %s/early', async (path) => {
    await using running = await start();
    expect((await request(running.port, `${path}/early`)).text).toBe('early');
    const work = serviceOf(running).maintain('general', () => writing, { drain: 5_000 });
    await until(() => serviceOf(running).isActive(), { what: 'a closed key' });
    expect((await request(running.port, `${path}/open`)).text).toBe('open');
    finish();
    expect(await work).toBe(0);
  });

  it('are remembered once, however many requests there are', async () => {
    await using running = await start();
    for (let index = 0; index < 40; index++) {
      await request(running.port, '/each/open');
    }
    const { size, handlers } = running.app.get(InFlight) as unknown as {
      size: number;
      handlers: Map<object, unknown>;
    };
    expect(size).toBe(0);
    expect(handlers.size).toBe(1);
  });
});
