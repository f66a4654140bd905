import type { Provider } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { BypassTokens } from '../decision/bypass-tokens.js';
import { Decision } from '../decision/decision.js';
import { KeyRegistry } from '../keys/key-registry.js';
import type { ResolvedOptions, ResolvedStructure } from '../maintenance.options.js';
import { mountedPath, socketSources } from '../maintenance.paths.js';
import { OPTIONS, STRUCTURE } from '../maintenance.tokens.js';
import { StateKeeper } from '../state/state-keeper.js';
import { messageOf } from '../state/store.js';
import { Admission } from './admission.js';
import { Bypass } from './bypass.js';
import { IgnorePaths } from './ignore-paths.js';
import { Localizer } from './localizer.js';
import { MaintenanceFilter } from './maintenance.filter.js';
import { MaintenanceGuard } from './maintenance.guard.js';
import { loadNegotiator } from './negotiation.js';
import { PageRenderer } from './page-renderer.js';
import { Refuser } from './refuser.js';
import { SiteCoverage } from './site-coverage.js';
import { GraphqlPaths } from './site-routes.js';
import { StalePolicy } from './stale-policy.js';
import { versionSegments } from './version-segments.js';
import { renderView } from './view-engine.js';
import { WouldRefuse } from './would-refuse.js';

interface Log {
  readonly warn: (message: string) => void;
  readonly error: (message: string) => void;
}

/** All that answers HTTP requests. */
export function httpProviders({ warn, error }: Log): Provider[] {
  return [
    {
      provide: IgnorePaths,
      inject: [OPTIONS, ApplicationConfig, ModulesContainer],
      useFactory: ({ ignorePaths }: ResolvedOptions, config: ApplicationConfig, modules: ModulesContainer) =>
        new IgnorePaths(
          ignorePaths,
          () => config.getGlobalPrefix(),
          () => versionSegments(config, modules),
        ),
    },
    {
      provide: GraphqlPaths,
      inject: [ModulesContainer, ApplicationConfig],
      useFactory: (modules: ModulesContainer, config: ApplicationConfig) =>
        new GraphqlPaths(modules, () => config.getGlobalPrefix()),
    },
    {
      provide: Bypass,
      inject: [OPTIONS, BypassTokens],
      useFactory: async ({ bypass }: ResolvedOptions, tokens: BypassTokens) =>
        new Bypass(bypass, tokens, await import('cookie'), warn),
    },
    {
      provide: Admission,
      inject: [StateKeeper, Decision, Bypass],
      useFactory: (keeper: StateKeeper, decision: Decision, bypass: Bypass) =>
        new Admission(keeper, decision, bypass),
    },
    {
      provide: StalePolicy,
      inject: [StateKeeper, OPTIONS],
      useFactory: (keeper: StateKeeper, { onStale }: ResolvedOptions) => new StalePolicy(keeper, onStale),
    },
    {
      provide: WouldRefuse,
      inject: [StateKeeper, KeyRegistry, Decision, Bypass, IgnorePaths],
      useFactory: (
        keeper: StateKeeper,
        registry: KeyRegistry,
        decision: Decision,
        bypass: Bypass,
        ignore: IgnorePaths,
      ) => new WouldRefuse(keeper, registry, decision, bypass, ignore),
    },
    {
      provide: PageRenderer,
      inject: [OPTIONS, STRUCTURE, Localizer, ApplicationConfig, HttpAdapterHost],
      useFactory: (
        { template, refreshDelay }: ResolvedOptions,
        { path, socket }: ResolvedStructure,
        localizer: Localizer,
        config: ApplicationConfig,
        host: HttpAdapterHost,
      ) => {
        const url = socket ? socket.url : undefined;
        return new PageRenderer({
          template,
          refreshDelay,
          urls: () => {
            const at = (name: string): string => mountedPath(config.getGlobalPrefix(), path, name);
            return { ping: at('ping'), script: socket ? at('script') : null };
          },
          connect:
            url &&
            ((request) => {
              try {
                return socketSources(url(request as never));
              } catch (cause) {
                error(`"socket.url" gave no URL, the page connects to its own origin: ${messageOf(cause)}`);
                return [];
              }
            }),
          translate: (text, request) => localizer.translate(text, request),
          view: (name, context) => renderView(host.httpAdapter, name, context),
          error,
        });
      },
    },
    {
      provide: Refuser,
      inject: [OPTIONS, StateKeeper, Localizer, PageRenderer],
      useFactory: async (
        options: ResolvedOptions,
        keeper: StateKeeper,
        localizer: Localizer,
        pages: PageRenderer,
      ) => {
        await loadNegotiator();
        return new Refuser(
          {
            statusCode: options.statusCode,
            refreshDelay: options.refreshDelay,
            responseType: options.responseType,
            redirect: options.redirect,
            translated: localizer.active,
            translate: (text, request) => localizer.translate(text, request),
            now: () => keeper.store.now(),
            error,
          },
          pages,
        );
      },
    },
    MaintenanceGuard,
    MaintenanceFilter,
    SiteCoverage,
  ];
}
