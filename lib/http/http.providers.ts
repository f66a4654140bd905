import type { Provider } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { BypassTokens } from '../access/bypass-tokens.js';
import { Decision } from '../decision/decision.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import type { ResolvedOptions } from '../options/options.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { MountedPaths, socketSources } from './mounted-path.js';
import { OwnRoutes } from './own-routes.js';
import { OPTIONS, STRUCTURE } from '../options/tokens.js';
import { StateManager } from '../core/state/state-manager.js';
import { messageOf } from '../core/store/store.js';
import { Evaluator } from '../decision/evaluator.js';
import { BypassCookie } from '../access/bypass-cookie.js';
import { Bypass } from '../access/bypass.js';
import { IgnorePaths } from '../decision/ignore-paths.js';
import { Localizer } from '../i18n/localizer.js';
import { MaintenanceFilter } from './refusal/maintenance.filter.js';
import { MaintenanceGuard } from './maintenance.guard.js';
import { loadNegotiator } from '../i18n/preferences.js';
import { PageRenderer } from './page/page-renderer.js';
import { RefusalHeaders } from './refusal/refusal-headers.js';
import { RefusalResponder } from './refusal/refusal-responder.js';
import { SiteCoverage } from './site/site-coverage.js';
import { GraphqlPaths } from './site/site-routes.js';
import { StalePolicy } from '../decision/stale-policy.js';
import { versionSegments } from './version-segments.js';
import { renderView } from './page/view-engine.js';
import { WouldRefuse } from '../decision/would-refuse.js';

interface Log {
  readonly warn: (message: string) => void;
  readonly error: (message: string) => void;
}

/** All that answers HTTP requests. */
export function httpProviders({ warn, error }: Log): Provider[] {
  return [
    {
      provide: MountedPaths,
      inject: [ApplicationConfig, STRUCTURE, OPTIONS],
      useFactory: (config: ApplicationConfig, { path }: ResolvedStructure, { baseUrl }: ResolvedOptions) =>
        new MountedPaths(config, path, baseUrl),
    },
    {
      provide: OwnRoutes,
      inject: [HttpAdapterHost, MountedPaths],
      useFactory: (host: HttpAdapterHost, paths: MountedPaths) => new OwnRoutes(host, paths),
    },
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
        new Bypass(bypass, tokens, new BypassCookie(bypass.cookie ?? {}, await import('cookie')), warn),
    },
    {
      provide: Evaluator,
      inject: [StateManager, Decision, Bypass, IgnorePaths],
      useFactory: (manager: StateManager, decision: Decision, bypass: Bypass, ignorePaths: IgnorePaths) =>
        new Evaluator(manager, decision, bypass, ignorePaths),
    },
    {
      provide: StalePolicy,
      inject: [StateManager, OPTIONS],
      useFactory: (manager: StateManager, { onStale }: ResolvedOptions) => new StalePolicy(manager, onStale),
    },
    {
      provide: WouldRefuse,
      inject: [KeyRegistry, Evaluator],
      useFactory: (registry: KeyRegistry, evaluator: Evaluator) => new WouldRefuse(registry, evaluator),
    },
    {
      provide: PageRenderer,
      inject: [OPTIONS, STRUCTURE, Localizer, MountedPaths, HttpAdapterHost],
      useFactory: (
        { template, refreshDelay }: ResolvedOptions,
        { socket }: ResolvedStructure,
        localizer: Localizer,
        paths: MountedPaths,
        host: HttpAdapterHost,
      ) => {
        const url = socket ? socket.url : undefined;
        return new PageRenderer({
          template,
          refreshDelay,
          paths,
          script: socket !== false,
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
          language: (request) => localizer.language(request),
          textLanguage: (request) => localizer.textLanguage(request),
          view: (name, context) => renderView(host.httpAdapter, name, context),
          error,
        });
      },
    },
    {
      provide: RefusalResponder,
      inject: [OPTIONS, StateManager, Localizer, PageRenderer, MountedPaths],
      useFactory: async (
        options: ResolvedOptions,
        manager: StateManager,
        localizer: Localizer,
        pages: PageRenderer,
        paths: MountedPaths,
      ) => {
        await loadNegotiator();
        return new RefusalResponder(
          {
            statusCode: options.statusCode,
            refreshDelay: options.refreshDelay,
            responseType: options.responseType,
            redirect: options.redirect,
            paths,
            translated: localizer.active,
            translate: (text, request) => localizer.translate(text, request),
            now: () => manager.store.now(),
            error,
          },
          pages,
          new RefusalHeaders(options, error),
        );
      },
    },
    MaintenanceGuard,
    MaintenanceFilter,
    SiteCoverage,
  ];
}
