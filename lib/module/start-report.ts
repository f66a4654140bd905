import { Logger } from '@nestjs/common';
import type { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { pathSegments } from '../core/keys/ignore-path-option.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { StateManager } from '../core/state/state-manager.js';
import { describeStore } from '../core/store/describe-store.js';
import type { ResolvedOptions } from '../options/options.js';
import { versionSegments } from '../http/version-segments.js';
import { rpcServers } from '../messages/rpc-servers.js';
import { eventMethods } from '../messages/message-methods.js';
import type { ResolvedStructure } from '../options/structural-options.js';

/** What a Fastify instance says of itself; Express has no such thing. */
interface FastifySettings {
  readonly initialConfig?: {
    readonly maxParamLength?: number;
    readonly routerOptions?: { readonly maxParamLength?: number };
  };
}

/** Logs at the start what an operator should know, and refuses what can only be known then. */
export class StartReport {
  private readonly logger = new Logger('Maintenance');

  constructor(
    private readonly options: ResolvedOptions,
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly structure: ResolvedStructure,
    private readonly host: HttpAdapterHost,
  ) {}

  /** One line that names the store, and a warning if several processes would each have a state of their own. */
  async store(): Promise<void> {
    this.logger.log(`Maintenance state is kept in ${describeStore(this.options)}.`);
    const several = this.manager.store.local ? await severalProcesses() : undefined;
    if (several !== undefined) {
      this.logger.warn(
        `Maintenance state is kept in the memory of this process only, but ${several}: each process has its own state, ` +
          'and a change reaches only one of them. Set the option "redis".',
      );
    }
  }

  /** Fastify answers 414 for names that are longer than it takes in a path, by default 100 characters. */
  warnOfLongNames(): void {
    const { initialConfig: config } = (this.host.httpAdapter?.getInstance<unknown>() ??
      {}) as FastifySettings;
    const most = config?.routerOptions?.maxParamLength ?? config?.maxParamLength ?? Infinity;
    const long = this.registry.all().find(({ name }) => name.length > most);
    if (this.structure.admin && long) {
      this.logger.warn(
        `The admin page and API cannot change maintenance key "${long.name}": its name is longer than the ${most} characters that Fastify ` +
          'takes. Create the application with new FastifyAdapter({ routerOptions: { maxParamLength: 128 } }).',
      );
    }
  }

  /** Events cannot wait where Nest does not say which servers they come from. */
  warnOfEvents(): void {
    if (this.options.events !== 'wait' || rpcServers(this.modules)) {
      return;
    }
    const events = [...this.modules.values()]
      .flatMap(({ controllers }) => Array.from(controllers.values(), ({ metatype }) => metatype))
      .flatMap((cls) => (typeof cls === 'function' ? eventMethods(cls, false) : []))
      .filter(({ policy }) => !policy.exempt);
    if (events.length > 0) {
      const names = [...new Set(events.map(({ policy }) => policy.name))].join(', ');
      this.logger.warn(
        `These events are handled during maintenance, too, whatever their transport: ${names}. They can wait from Nest 11.1.4 on. ` +
          "Update Nest, or set the maintenance option events to 'pass' if this is intended, or to 'refuse' if they may be lost.",
      );
    }
  }

  /**
   * Paths that exempt everything: only now is the global prefix known.
   * @throws MaintenanceConfigurationError
   */
  checkIgnoredPaths(): void {
    const prefix = pathSegments(this.config.getGlobalPrefix());
    // if there is only one version, its segment is before every route, too; paths are given with the prefix or without
    const [version, ...others] = versionSegments(this.config, this.modules);
    const starts =
      version === undefined || others.length > 0 ? [prefix] : [prefix, [...prefix, version], [version]];
    this.check('ignorePaths', this.options.ignorePaths, starts);
    for (const { name, ignorePaths = [] } of this.registry.all()) {
      this.check(`ignorePaths of key ${name}`, ignorePaths, starts);
    }
  }

  /** @param starts segments that all routes begin with */
  private check(option: string, paths: readonly string[], starts: readonly (readonly string[])[]): void {
    const wrong = paths.find((path) => {
      const segments = pathSegments(path);
      return starts.some(
        (start) =>
          segments.length <= start.length && segments.every((segment, index) => start[index] === segment),
      );
    });
    if (wrong !== undefined) {
      throw MaintenanceConfigurationError.of(
        option,
        wrong,
        `paths inside the application, such as "${[...(starts[0] ?? []), 'health'].map((part) => `/${part}`).join('')}"; every ` +
          'route begins with this one (global prefix, version), and nothing would be refused (to refuse nothing, set guard: false)',
      );
    }
  }
}

/** The sign that this process is one of several, in words. */
async function severalProcesses(): Promise<string | undefined> {
  // only workers of a cluster have a channel to their parent; loading node:cluster takes milliseconds
  if (process.send && (await import('node:cluster')).default.isWorker) {
    return 'this is a worker of node:cluster';
  }
  const { NODE_APP_INSTANCE, pm_id, exec_mode, instances } = process.env;
  // PM2 sets these for a single process, too
  const alone = exec_mode === 'fork_mode' && (instances === undefined || instances === '1');
  return (NODE_APP_INSTANCE !== undefined || pm_id !== undefined) && !alone
    ? 'PM2 runs this application'
    : undefined;
}
