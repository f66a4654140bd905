import { BullModule, type BullRegistrar } from '@nestjs/bullmq';
import type { ModulesContainer } from '@nestjs/core';
import { NamedKeys } from '../../core/calls/work-scope.js';
import { MaintenanceConfigurationError } from '../../core/errors/errors.js';
import type { KeyRegistry } from '../../core/keys/key-registry.js';
import { MaintenanceKey } from '../../core/keys/maintenance-key.js';
import type { OpenWork } from '../../core/service/open-work.js';
import { getHandlerPolicy, PLAIN_POLICY } from '../../decision/handler-policy.js';
import type { CallFollowing } from '../../in-flight/call-following.js';
import type { BullKeys, MaintenanceBullProcessor } from './bull-options.js';
import { isGuardable, type WorkerClass } from './bull-worker.js';
import { createGatedClass, guardWorkers } from './gated-worker.js';
import type { UnguardedWorker } from './unguarded-workers.js';
import { WorkerGate, type GateKeeper, type JobOwner } from './worker-gate.js';

/** What `@nestjs/bullmq` creates workers with: the part that matters here. */
interface Explorer {
  handleProcessor(processor: object, ...rest: unknown[]): void;
}

/** The class of workers; `@nestjs/bullmq` accepts one, but does not expose it. */
const bull = BullModule as unknown as Record<'_workerClass' | 'workerClass', WorkerClass>;

/** Makes all workers created from now on ask for their gate. */
export function gateWorkerClass(): void {
  bull.workerClass = createGatedClass(bull['_workerClass']);
}

gateWorkerClass();

/** A queue as it was registered. */
interface RegisteredQueue {
  readonly name: string;
  readonly opts: { readonly connection: object; readonly processors?: readonly unknown[] };
}

/** The queues of an application that exist already. */
function queuesIn(modules: ModulesContainer): Set<RegisteredQueue> {
  const found = new Set<RegisteredQueue>();
  for (const { providers } of modules.values()) {
    for (const { instance } of providers.values()) {
      const queue = instance as Partial<RegisteredQueue> | null | undefined;
      if (typeof queue?.name === 'string' && typeof queue.opts?.connection === 'object') {
        found.add(queue as RegisteredQueue);
      }
    }
  }
  return found;
}

/** Whether a worker was created together with a queue of the application. */
export const ownsQueueOf = (modules: ModulesContainer, { queue, connection }: UnguardedWorker): boolean =>
  [...queuesIn(modules)].some(({ name, opts }) => name === queue && opts.connection === connection);

/** What the gates of an application's workers consult. */
export interface WorkerSurroundings {
  readonly openWork: OpenWork;
  readonly registry: KeyRegistry;
  readonly following: CallFollowing;
}

/** The workers of one application. */
export class QueueWorkers {
  private readonly gates = new Set<WorkerGate>();
  private readonly names = new Set<string>();
  /** The queues that have workers. */
  private readonly served = new Set<string>();
  private ready = false;

  constructor(
    private readonly keys: BullKeys,
    private readonly modules: ModulesContainer,
    /** Once all providers exist. */
    private readonly surroundings: () => WorkerSurroundings,
  ) {}

  /** Guards the workers of classes with `@Processor()`, before they are created. */
  watch(registrar: BullRegistrar): void {
    const { bullExplorer: explorer } = registrar as unknown as { bullExplorer: Explorer | undefined };
    const original = explorer?.handleProcessor;
    if (!explorer || typeof original !== 'function') {
      throw unsupported('@nestjs/bullmq', '11 and 12');
    }
    if (!isGuardable(bull['_workerClass'])) {
      throw unsupported('bullmq', '5 and 6');
    }
    explorer.handleProcessor = (processor, ...rest) => {
      // the application may have set a class of its own since
      gateWorkerClass();
      guardWorkers(this.keeperOf(processor), () => original.call(explorer, processor, ...rest));
    };
  }

  /**
   * Guards and starts workers that were created by `BullModule.registerQueue({ processors })`.
   * @throws MaintenanceConfigurationError if some of them are of a class that knows no gate
   */
  adopt(workers: readonly UnguardedWorker[]): void {
    const queues = [...queuesIn(this.modules)].filter(({ opts }) => opts.processors?.length);
    if (workers.length < queues.reduce((sum, { opts }) => sum + (opts.processors?.length ?? 0), 0)) {
      throw new MaintenanceConfigurationError(
        `BullModule.registerQueue({ processors }) was called before MaintenanceBullModule could guard its workers ` +
          `(${queues.map(({ name }) => `"${name}"`).join(', ')}); accepted: an import of nestjs-maintenance/bullmq before that call, ` +
          'such as at the beginning of main.ts, and a workerClass that was set before it.',
      );
    }
    for (const worker of workers) {
      worker.guard((queue, processor) => {
        const scope = this.scopeOf(queue, processor as MaintenanceBullProcessor) ?? PLAIN_POLICY;
        return this.add({ queue, followed: false, scope });
      });
      worker.start();
    }
  }

  /**
   * The application is ready.
   * @throws UnknownMaintenanceKeyError
   */
  open(): void {
    const { registry, openWork } = this.surroundings();
    this.names.forEach((name) => registry.get(name));
    this.ready = true;
    this.gates.forEach((gate) => {
      openWork.updates.subscribe(gate.look);
      gate.open();
    });
  }

  /**
   * Names in the option `keys` that are none of a queue or worker, and those that would be. Another process may have the queue, or a
   * module that is loaded later, so they stop nothing.
   */
  compareNames(): { readonly unknown: readonly string[]; readonly known: readonly string[] } {
    const registered = [...queuesIn(this.modules)].map(({ name }) => name);
    const known = new Set([...registered, ...this.served]);
    return { unknown: this.keys.queues.filter((name) => !known.has(name)), known: [...known].sort() };
  }

  private keeperOf(instance: object): GateKeeper {
    const cls = instance.constructor;
    return (queue) => {
      const { process } = cls.prototype as { process: Function };
      const wrapper = [...this.wrappers()].find((candidate) => candidate.instance === instance);
      const scope = this.scopeOf(queue, cls) ?? getHandlerPolicy(cls, process);
      const followed = wrapper !== undefined && this.surroundings().following.follows(wrapper);
      return this.add({ queue, scope, followed });
    };
  }

  private add(owner: JobOwner): WorkerGate {
    const { openWork } = this.surroundings();
    const gate = new WorkerGate(owner, openWork);
    this.gates.add(gate);
    this.served.add(owner.queue);
    if (this.ready) {
      openWork.updates.subscribe(gate.look);
      gate.open();
    }
    return gate;
  }

  private scopeOf(queue: string, processor: MaintenanceBullProcessor): NamedKeys | undefined {
    const keys: unknown = this.keys.of(queue, processor);
    if (keys === undefined) {
      return undefined;
    }
    const names = Array.isArray(keys)
      ? keys.map((key: unknown) => (key instanceof MaintenanceKey ? key.name : key))
      : [undefined];
    if (!names.every((name) => typeof name === 'string')) {
      throw MaintenanceConfigurationError.of(
        `keys of the queue "${queue}"`,
        keys,
        'an array of keys, or undefined',
      );
    }
    names.forEach((name) => this.names.add(name));
    return new NamedKeys(new Set(names));
  }

  private *wrappers() {
    for (const { providers } of this.modules.values()) {
      yield* providers.values();
    }
  }
}

const unsupported = (name: string, versions: string): MaintenanceConfigurationError =>
  new MaintenanceConfigurationError(
    `MaintenanceBullModule cannot guard the workers of this version of ${name}; supported: ${versions}.`,
  );
