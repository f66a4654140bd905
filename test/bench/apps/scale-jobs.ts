// An application whose jobs hold keys of their own: `node scale-jobs.js LIBRARY URL KEYS PART PARTS`; LIBRARY is an entry of this
// package, of another build perhaps.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { answer } from '../../support/answer.js';

const [library = '', redis = '', ...numbers] = process.argv.slice(2);
const [keys = 0, part = 0, parts = 1] = numbers.map(Number);
const { MaintenanceKey, MaintenanceModule, MaintenanceService } = (await import(
  library
)) as typeof import('../../../lib/index.js');

const names = Array.from({ length: keys }, (_, index) => `key-${index}`);
/** Those that nobody but this process changes. */
const own = names.filter((_, index) => index % parts === part);

@Module({
  imports: [
    MaintenanceModule.forRoot({
      redis,
      socket: false,
      admin: false,
      keys: names.map((name) => new MaintenanceKey(name)),
    }),
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const service = app.get(MaintenanceService);

export interface Worked {
  done: number;
  errors: string[];
}

export interface Acknowledged {
  /** Milliseconds each. */
  took: number[];
  errors: string[];
}

answer({
  /** So many jobs at a time, each under a key that no other has. */
  work: async (jobs: number, ms: number): Promise<Worked> => {
    const end = performance.now() + ms;
    const worked: Worked = { done: 0, errors: [] };
    const lane = async (names: readonly string[]): Promise<void> => {
      for (let i = 0; performance.now() < end; i++) {
        try {
          await service.maintain(names[i % names.length] as string, () => Promise.resolve());
          worked.done++;
        } catch (error) {
          worked.errors.push(String(error));
        }
      }
    };
    const lanes = Array.from({ length: jobs }, (_, lane) => own.filter((_, i) => i % jobs === lane));
    await Promise.all(lanes.map(lane));
    return worked;
  },
  /** Switches keys at this rate, whether or not those before are acknowledged. */
  write: async (perSecond: number, ms: number): Promise<Acknowledged> => {
    const result: Acknowledged = { took: [], errors: [] };
    const write = async (i: number): Promise<void> => {
      const begun = performance.now();
      try {
        const on = Math.floor(i / own.length) % 2 === 0;
        const options = { acknowledge: 5_000 };
        const { missing } = await service.setMaintenance(on, own[i % own.length] as string, options);
        if (missing?.length !== 0) throw new Error(`not acknowledged by ${String(missing)}`);
        result.took.push(performance.now() - begun);
      } catch (error) {
        result.errors.push(String(error));
      }
    };
    const writes: Promise<void>[] = [];
    const begun = performance.now();
    for (let i = 0; i < (perSecond * ms) / 1_000; i++) {
      const wait = begun + (i * 1_000) / perSecond - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      writes.push(write(i));
    }
    await Promise.all(writes);
    return result;
  },
  replicas: async () => (await service.replicas()).length,
});
