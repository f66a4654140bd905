// Plays the stories that ARCHITECTURE.md tells, with two applications on one Redis in one process, and says which files of lib/ have
// run in each: by V8's count of calls, so it is neither a reading of the code nor of the page.
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MaintenanceKeys, MaintenanceModule, MaintenanceService, MaintenanceKey } from 'nestjs-maintenance';
import { once } from 'node:events';
import { Session, type Profiler } from 'node:inspector/promises';
import type { AddressInfo } from 'node:net';
import { io } from 'socket.io-client';
import type { MaintenanceStatusMessage } from 'nestjs-maintenance/client';
import { answer } from '../support/answer.js';
import { until } from '../support/until.js';

let release = (): void => undefined;

@Controller()
class OrdersController {
  @Get('shop')
  shop(): string {
    return 'open';
  }

  @Get('orders')
  @MaintenanceKeys('billing')
  async orders(): Promise<string> {
    await new Promise<void>((resolve) => (release = resolve));
    return 'ordered';
  }
}

@Module({
  imports: [
    MaintenanceModule.forRoot({
      redis: process.env.REDIS_URL ?? '',
      keys: [new MaintenanceKey('billing', { scope: 'marked' })],
    }),
  ],
  controllers: [OrdersController],
})
class StoryModule {}

const session = new Session();
session.connect();
await session.post('Profiler.enable');

/** The files that a story runs through. */
async function play(story: () => Promise<void>): Promise<string[]> {
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage');
  await story();
  const { result } = (await session.post(
    'Profiler.takePreciseCoverage',
  )) as Profiler.TakePreciseCoverageReturnType;
  return result.filter(hasRun).flatMap(
    ({ url }) =>
      /\/replicas\/lib\/(.*)\.js$/
        .exec(url)
        ?.slice(1)
        .map((file) => `${file}.ts`) ?? [],
  );
}

const hasRun = ({ functions }: Profiler.ScriptCoverage): boolean =>
  functions.some(({ ranges, functionName }) => functionName !== '' && (ranges[0]?.count ?? 0) > 0);

const start = async () => {
  const app = await NestFactory.create(StoryModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, service: app.get(MaintenanceService), url: `http://127.0.0.1:${port}` };
};
const here = await start();
const elsewhere = await start();
const get = async (path: string) => (await fetch(elsewhere.url + path)).text();
const page = io(`${elsewhere.url}/maintenance`, { transports: ['websocket'] });
let status: MaintenanceStatusMessage | undefined;
page.on('status', (told: MaintenanceStatusMessage) => (status = told));
await once(page as never, 'status');
/** Until the page elsewhere has been told. */
const isTold = (mode: boolean) => until(() => status?.modes['billing'] === mode, { interval: 1 });

answer({
  async play(name: string): Promise<string[]> {
    switch (name) {
      case 'refusal':
        await here.service.setMaintenance(true);
        try {
          return await play(async () => void (await get('/shop')));
        } finally {
          await here.service.setMaintenance(false);
        }
      case 'change':
        return play(async () => void (await here.service.setMaintenance(true, 'billing')));
      case 'socket': {
        await here.service.setMaintenance(true, 'billing');
        await isTold(true);
        return play(async () => {
          await here.service.setMaintenance(false, 'billing');
          await isTold(false);
        });
      }
      case 'drain': {
        const ordered = get('/orders');
        await new Promise((resolve) => setTimeout(resolve, 100));
        return play(async () => {
          const work = here.service.maintain('billing', () => Promise.resolve(), { drain: 10_000 });
          setTimeout(release, 300);
          await Promise.all([work, ordered]);
        });
      }
      default:
        throw new Error(`no story ${name}`);
    }
  },
});
