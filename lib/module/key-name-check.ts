import { Logger } from '@nestjs/common';
import {
  type DiscoveryService,
  type HttpAdapterHost,
  LazyModuleLoader,
  type ModulesContainer,
} from '@nestjs/core';
import { describeValue, MaintenanceConfigurationError } from '../core/errors/errors.js';
import type { HookRunner } from '../core/hooks/hook-runner.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import { namedKeys } from '../decision/decorators.js';
import { classOf } from './class-of.js';
import { isOfApplication } from '../decision/own-providers.js';
import { rpcServers } from '../messages/rpc-servers.js';

/**
 * Looks for keys that decorators name and nobody registers: they would never take effect. Such a key stops an application that
 * is about to listen. It is only a warning if nothing listens, in a testing module (which often holds just a part of the
 * application), and if modules are loaded lazily, since they may bring the key.
 */
export class KeyNameCheck {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly modules: ModulesContainer,
    private readonly host: HttpAdapterHost,
    private readonly registry: KeyRegistry,
    private readonly hooks: HookRunner,
  ) {}

  /** @throws MaintenanceConfigurationError that names them all */
  run(): void {
    const unknown = [...new Set(this.unknown())];
    if (unknown.length === 0) {
      return;
    }
    if (this.listens() && !this.isTest() && !this.loadsLazily()) {
      throw new MaintenanceConfigurationError(
        `${unknown.join('; ')}; registered: ${this.registry
          .all()
          .map(({ name }) => `"${name}"`)
          .join(
            ', ',
          )}. Register the key in the option "keys" or with @RegisterMaintenanceKey(), or correct the name.`,
      );
    }
    const logger = new Logger('Maintenance');
    unknown.forEach((what) => logger.warn(`${what}, which is not registered (yet).`));
  }

  private unknown(): string[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    const classes = new Set(
      wrappers.filter((wrapper) => !wrapper.isAlias && isOfApplication(wrapper)).map(classOf),
    );
    const named = [...classes].flatMap((cls) =>
      typeof cls === 'function'
        ? namedKeys(cls).map(({ where, name }) => ({ what: `${where} names`, name }))
        : [],
    );
    const heard = this.hooks.keys.map(({ name, key }) => ({ what: `${name} listens to`, name: key }));
    return [...named, ...heard]
      .filter(({ name }) => !this.registry.has(name))
      .map(({ what, name }) => `${what} maintenance key ${describeValue(name)}`);
  }

  /** Whether this is an application with a server, and not a context for a script. */
  private listens(): boolean {
    let microservice = false;
    rpcServers(this.modules)
      ?.subscribe(() => (microservice = true))
      .unsubscribe();
    return microservice || Boolean(this.host.httpAdapter);
  }

  private isTest(): boolean {
    // the name that `Test.createTestingModule()` gives to the module it creates
    return [...this.modules.values()].some(({ metatype }) => metatype?.name === 'RootTestModule');
  }

  /** Whether anything injects the loader. */
  private loadsLazily(): boolean {
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].some((wrapper) => {
      const properties = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper);
      return [...(wrapper.getCtorMetadata() ?? []), ...properties].some(
        (dependency) => dependency?.token === LazyModuleLoader,
      );
    });
  }
}
