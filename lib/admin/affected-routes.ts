import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import {
  type ApplicationConfig,
  type DiscoveryService,
  MetadataScanner,
  type ModulesContainer,
} from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { OFF } from '../core/keys/maintenance-state.js';
import { affects } from '../decision/decision.js';
import { getHandlerPolicy } from '../decision/handler-policy.js';
import type { IgnorePaths } from '../decision/ignore-paths.js';
import { isOfApplication } from '../decision/own-providers.js';
import { readsOnly } from '../decision/reads-only.js';
import type { MountedPaths } from '../http/mounted-path.js';

/** Which routes of the application a key closes, and which it leaves open. */
export interface AffectedRoutesJson {
  readonly closes: readonly string[];
  readonly staysOpen: readonly string[];
}

type Wrapper = ReturnType<DiscoveryService['getControllers']>[number];
type Handler = object & { readonly name: string };
type RouteMetadata = Parameters<RoutePathFactory['create']>[0];
type Version = RouteMetadata['methodVersion'];

/** Determines what a key would refuse from handlers, paths and the key itself; bypasses and status classes are not consulted. */
export class AffectedRoutes {
  private readonly scanner = new MetadataScanner();
  private readonly factory: RoutePathFactory;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly ignored: IgnorePaths,
    private readonly own: MountedPaths,
  ) {
    this.factory = new RoutePathFactory(config);
  }

  of(key: MaintenanceKey): AffectedRoutesJson {
    const own = this.own.local('');
    const found = { closes: new Set<string>(), staysOpen: new Set<string>() };
    for (const wrapper of this.discovery.getControllers().filter(isOfApplication)) {
      const { metatype } = wrapper;
      if (typeof metatype !== 'function') {
        continue;
      }
      const prototype = metatype.prototype as Record<string, Handler>;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name] as Handler;
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method === undefined) {
          continue;
        }
        const concerned = affects(
          { key, state: OFF },
          getHandlerPolicy(metatype, handler),
          readsOnly(handler),
        );
        const templates = this.templatesOf(wrapper, handler, method);
        for (const template of templates.filter((path) => !path.startsWith(own))) {
          const closed = concerned && !this.ignored.matches(key, { template });
          found[closed ? 'closes' : 'staysOpen'].add(`${RequestMethod[method]} ${template}`);
        }
      }
    }
    return { closes: [...found.closes].sort(), staysOpen: [...found.staysOpen].sort() };
  }

  /** As they appear in the application's router. */
  private templatesOf({ metatype, host }: Wrapper, handler: Handler, method: RequestMethod): string[] {
    const read = <T>(name: string, from: unknown): T | undefined =>
      Reflect.getMetadata(name, from as object) as T | undefined;
    const prefix = this.config.getGlobalPrefix();
    const modulePath =
      host?.metatype &&
      (read<string>(MODULE_PATH + this.modules.applicationId, host.metatype) ??
        read<string>(MODULE_PATH, host.metatype));
    const paths = (value: string | readonly string[] | undefined): readonly string[] =>
      (typeof value === 'string' ? [value] : (value ?? [''])).map((path) => `/${path.replace(/^\/+/, '')}`);
    const versioning = this.config.getVersioning();
    const metadata = {
      globalPrefix: prefix && `/${prefix.replace(/^\/+/, '')}`,
      modulePath,
      controllerVersion: read<Version>(VERSION_METADATA, metatype) ?? versioning?.defaultVersion,
      methodVersion: read<Version>(VERSION_METADATA, handler),
      versioningOptions: versioning,
    };
    return paths(read(PATH_METADATA, metatype)).flatMap((ctrlPath) =>
      paths(read(PATH_METADATA, handler)).flatMap((methodPath) =>
        this.factory.create({ ...metadata, ctrlPath, methodPath } as RouteMetadata, method),
      ),
    );
  }
}
