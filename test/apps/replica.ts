// One replica of an application over Redis, told what to do by the spec that started it.
import {
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  Res,
  Sse,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { from, map, startWith, timeout, type Observable } from 'rxjs';
import {
  MaintenanceDrainError,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStoreError,
  OnMaintenance,
  type MaintenanceHoldOptions,
  type Maintenance,
  type MaintenanceChange,
  type MaintenanceHealth,
  type MaintenanceQuietOptions,
  type MaintenanceWhileOpenOptions,
  type MaintenanceSetOptions,
} from 'nestjs-maintenance';
import { answer } from '../support/answer.js';
import { Gates } from '../support/gates.js';

const gates = new Gates();

class Impatient implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(timeout(50));
  }
}

@Controller()
class OrdersController {
  @Get('orders')
  orders(): string {
    return 'orders';
  }

  @MaintenanceExempt()
  @Get('health/:gate')
  health(@Param('gate') gate: string): Promise<string> {
    return gates.pass(gate);
  }

  @Get('wait/:gate')
  wait(@Param('gate') gate: string): Promise<string> {
    return gates.pass(gate);
  }

  @Get('early/:gate')
  async early(@Param('gate') gate: string, @Res() reply: FastifyReply): Promise<void> {
    await reply.send('early');
    await gates.pass(gate);
  }

  @Get('stream/:gate')
  stream(@Param('gate') gate: string): StreamableFile {
    const parts = async function* () {
      yield 'begun ';
      yield await gates.pass(gate);
    };
    return new StreamableFile(Readable.from(parts()));
  }

  @Sse('events/:gate')
  events(@Param('gate') gate: string): Observable<{ data: string }> {
    return from(gates.pass(gate)).pipe(
      startWith('begun'),
      map((data) => ({ data })),
    );
  }

  @UseInterceptors(Impatient)
  @Get('impatient/:gate')
  impatient(@Param('gate') gate: string): Promise<string> {
    return gates.pass(gate);
  }
}

@Controller()
class JobController {
  constructor(private readonly service: MaintenanceService) {}

  @Get('job/:gate')
  async job(@Param('gate') gate: string): Promise<string> {
    await gates.pass(`asked-for-${gate}`);
    return this.service.maintain('import-export', () => gates.pass(gate), { drain: 20_000, blocking: true });
  }
}

const abandoned: MaintenanceChange[] = [];
const hooks: string[] = [];

@Injectable()
class AbandonedHook {
  @OnMaintenance('abandoned')
  tell(change: MaintenanceChange): void {
    abandoned.push(change);
  }

  @OnMaintenance('changing')
  ask(change: MaintenanceChange): void {
    hooks.push(`changing ${change.key}`);
  }

  @OnMaintenance('entering')
  enter(change: MaintenanceChange): void {
    hooks.push(`entering ${change.key}`);
  }

  @OnMaintenance('exiting')
  exit(change: MaintenanceChange): void {
    hooks.push(`exiting ${change.key}`);
  }
}

const {
  REDIS_URL,
  ON_STALE = 'serve',
  HANDLERS,
  HOOKS,
  KEYS = 'import-export,billing',
  FOREIGN_KEYS,
  NAMESPACE,
} = process.env;
/** An observer has nothing that maintenance could refuse. */
const observes = HANDLERS === 'none';

@Module({
  imports: [
    MaintenanceModule.forRoot({
      redis: REDIS_URL ?? '',
      ...(NAMESPACE && { namespace: NAMESPACE }),
      onStale: ON_STALE as 'serve' | 'block',
      keys: KEYS.split(',').map(
        (name) => new MaintenanceKey(name, { scope: name === 'billing' ? 'marked' : 'site' }),
      ),
      ...(FOREIGN_KEYS && { foreignKeys: FOREIGN_KEYS === 'true' ? true : FOREIGN_KEYS.split(',') }),
      socket: false,
      admin: false,
    }),
  ],
  controllers: observes ? [] : [OrdersController, JobController],
  providers: HOOKS === 'none' ? [] : [AbandonedHook],
})
class ReplicaModule {}

const app = await NestFactory.create<NestFastifyApplication>(
  ReplicaModule,
  new FastifyAdapter({ forceCloseConnections: true }),
  { logger: ['warn', 'error'] },
);
app.enableShutdownHooks(['SIGTERM']);
const service = app.get(MaintenanceService);
const changes: MaintenanceChange[] = [];
const health: MaintenanceHealth[] = [];
service.changes.subscribe((change) => changes.push(change));
service.healthChanges.subscribe((state) => health.push(state));
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;
const findSelf = async () =>
  (await service.replicas().catch(() => [])).find(({ pid }) => pid === process.pid);
// a busy machine may be slower than the store's patience; one whose Redis is away starts all the same
const self = (await findSelf()) ?? (await findSelf()) ?? (await findSelf());

/** What became of a `maintain()`. */
export interface Outcome {
  readonly ran: boolean;
  readonly error?: { readonly name: string; readonly message: string; readonly deadlock?: boolean };
  /** Of a drain that failed. */
  readonly replicas?: MaintenanceDrainError['replicas'];
}

const held = new Map<string, Maintenance>();
const why = (signal: AbortSignal | undefined): string | null =>
  signal?.aborted ? String((signal.reason as Error).message) : null;

answer(
  {
    set: (mode: boolean, key: string, options?: MaintenanceSetOptions) =>
      service.setMaintenance(mode, key, options),
    unset: (key: string) => service.unsetMaintenance(key),
    isOn: (key: string) => service.isInMaintenance(undefined, key).value,
    keyData: async (key: string) => {
      await service.refresh();
      return service
        .getKeys()
        .find(({ name }) => name === key)
        ?.toJSON();
    },
    replicas: () => service.replicas(),
    quiet: (key: string, options?: MaintenanceQuietOptions) => service.quiet(key, options),
    forget: (id: string) => service.forgetReplica(id),
    health: () => service.health(),
    heard: () => ({ changes, health }),
    abandoned: () => abandoned,
    hooks: () => hooks,
    open: (gate: string) => gates.open(gate),
    gates: () => ({ begun: gates.begun, ended: gates.ended }),
    hold: async (id: string, key: string, options?: MaintenanceHoldOptions) => {
      const maintenance = await service.maintain(key, options);
      held.set(id, maintenance);
      return maintenance.fence;
    },
    progress: (id: string, ...report: Parameters<Maintenance['progress']>) =>
      held.get(id)?.progress(...report),
    leave: (id: string) => held.get(id)?.leave(),
    aborted: (id: string) => why(held.get(id)?.signal),
    work: async (gate: string, key: string, options?: MaintenanceHoldOptions): Promise<Outcome> => {
      let ran = false;
      try {
        await service.maintain(
          key,
          async (maintenance) => {
            ran = true;
            held.set(gate, maintenance);
            if (gate.startsWith('stubborn')) {
              await gates.pass(gate);
            } else {
              await Promise.race([gates.pass(gate), abortOf(maintenance.signal)]);
            }
          },
          options,
        );
        return { ran };
      } catch (error) {
        const { name, message } = error as Error;
        return {
          ran,
          error: { name, message },
          ...(error instanceof MaintenanceDrainError && { replicas: error.replicas }),
        };
      }
    },
    /** Takes the second key's lock while it has the first one's. */
    nested: async (
      gate: string,
      outer: string,
      inner: string,
      options: MaintenanceHoldOptions = {},
    ): Promise<Outcome> => {
      const patient = { blocking: true, drain: false as const, ...options };
      try {
        await service.maintain(
          outer,
          async () => {
            await gates.pass(gate);
            await service.maintain(inner, () => undefined, patient);
          },
          patient,
        );
        return { ran: true };
      } catch (error) {
        const { name, message, deadlock } = error as Error & { deadlock?: boolean };
        return { ran: false, error: { name, message, ...(deadlock !== undefined && { deadlock }) } };
      }
    },
    /** Work under whileOpen() that waits for a gate. */
    whileOpen: async (gate: string, key: string, options?: MaintenanceWhileOpenOptions): Promise<Outcome> => {
      try {
        await service.whileOpen(key, () => gates.pass(gate), options ?? {});
        return { ran: true };
      } catch (error) {
        const { name, message } = error as Error;
        return { ran: false, error: { name, message } };
      }
    },
    changeOften: async (count: number, key: string, label: string) => {
      for (let done = 0; done < count;) {
        // one that others were always faster than was not written
        done += await service.setMaintenance(true, key, { message: `${label}-${done}` }).then(
          () => 1,
          (error: unknown) => {
            if (error instanceof MaintenanceStoreError && error.outcome === 'refused') return 0;
            throw error;
          },
        );
      }
    },
    close: () => app.close(),
  },
  { port, id: self?.id ?? '' },
);

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}
