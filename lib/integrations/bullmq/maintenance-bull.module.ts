import { BullRegistrar } from '@nestjs/bullmq';
import {
  Inject,
  Logger,
  Module,
  Optional,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { describeValue, MaintenanceConfigurationError } from '../../core/errors/errors.js';
import { KeyRegistry } from '../../core/keys/key-registry.js';
import { OpenWork } from '../../core/service/open-work.js';
import { CallFollowing } from '../../in-flight/call-following.js';
import { InFlight } from '../../in-flight/in-flight.js';
import { parseBullOptions, type BullKeys, type MaintenanceBullOptions } from './bull-options.js';
import { ownsQueueOf, QueueWorkers, type WorkerSurroundings } from './queue-workers.js';
import { claimWorkers, type UnguardedWorker } from './unguarded-workers.js';
import { whenReady } from './when-ready.js';

const KEYS = Symbol('nestjs-maintenance:bull-keys');
const CLAIM = Symbol('nestjs-maintenance:bull-claim');

/**
 * Makes the workers of `@nestjs/bullmq` observe maintenance: they take no job before the application is ready or while a key is on
 * that affects their jobs, and continue by themselves afterwards. Running jobs count like requests: a `maintain()` waits for them,
 * and its `MaintenanceDrainError` names their queues and jobs. A job that a worker had fetched when the key went on returns to the
 * head of its queue without spending an attempt.
 *
 * Import it once, in the root module, beside `MaintenanceModule.forRoot()` and `BullModule.forRoot()`.
 *
 * @example
 * ```ts
 * @Module({
 *   imports: [
 *     BullModule.forRoot({ connection: { host: 'localhost', port: 6379 } }),
 *     BullModule.registerQueue({ name: 'mail' }, { name: 'invoices' }),
 *     MaintenanceModule.forRoot({ redis: 'redis://localhost:6379', keys: [new MaintenanceKey('billing')] }),
 *     MaintenanceBullModule.forRoot({ keys: (queue) => (queue === 'invoices' ? ['billing'] : undefined) }),
 *   ],
 *   providers: [MailProcessor, InvoicesProcessor],
 * })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({})
export class MaintenanceBullModule implements OnModuleInit, OnApplicationBootstrap {
  private readonly workers: QueueWorkers;

  /** @internal */
  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Optional() @Inject(KEYS) keys?: BullKeys,
    @Optional() @Inject(CLAIM) private readonly claimed: () => readonly UnguardedWorker[] = () => [],
    @Optional() @Inject(BullRegistrar) registrar?: BullRegistrar,
    @Optional() @Inject(InFlight) inFlight?: InFlight,
  ) {
    if (!keys) {
      throw new MaintenanceConfigurationError(
        'MaintenanceBullModule is imported without options; accepted: MaintenanceBullModule.forRoot().',
      );
    }
    this.workers = new QueueWorkers(keys, modules, () => this.surroundings());
    if (!registrar) {
      new Logger('Maintenance').warn(
        'MaintenanceBullModule found no queue; it guards those of BullModule.registerQueue().',
      );
      return;
    }
    this.workers.watch(registrar);
    if (inFlight) {
      // drains wait until such a process has applied a change: a job may come at any moment
      inFlight.serves = true;
    }
  }

  /** @throws MaintenanceConfigurationError when the application starts */
  static forRoot(options: MaintenanceBullOptions = {}): DynamicModule {
    return {
      module: this,
      providers: [
        { provide: KEYS, useFactory: () => parseBullOptions(options) },
        {
          // needs nothing else, so that it exists before a worker starts
          provide: CLAIM,
          useFactory: (modules: ModulesContainer) => claimWorkers((worker) => ownsQueueOf(modules, worker)),
          inject: [ModulesContainer],
        },
      ],
    };
  }

  /** @internal */
  onModuleInit(): void {
    this.workers.adopt(this.claimed());
  }

  /** @internal */
  onApplicationBootstrap(): void {
    whenReady(this.modules, this, () => {
      this.workers.open();
      this.warnOfUnknownQueues();
    });
  }

  /** A misspelt name would leave the jobs of its queue to the decorators. */
  private warnOfUnknownQueues(): void {
    const { unknown, known } = this.workers.compareNames();
    if (known.length > 0) {
      unknown.forEach((name) =>
        new Logger('Maintenance').warn(
          `The option "keys" of MaintenanceBullModule names the queue ${describeValue(name)}, which this application does not ` +
            `have (yet); it has: ${known.map((queue) => `"${queue}"`).join(', ')}.`,
        ),
      );
    }
  }

  /** Also where the maintenance module is not global. */
  private surroundings(): WorkerSurroundings {
    const get = <T>(token: abstract new (...args: never[]) => T): T => {
      try {
        return this.moduleRef.get(token as never, { strict: false });
      } catch {
        throw new MaintenanceConfigurationError(
          'MaintenanceBullModule found no MaintenanceModule; import both in the root module.',
        );
      }
    };
    return { openWork: get(OpenWork), registry: get(KeyRegistry), following: get(CallFollowing) };
  }
}
