import type { Provider } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { BypassTokens } from '../access/bypass-tokens.js';
import { ApplicationCalls } from '../core/common/application-calls.js';
import { Decision } from '../decision/decision.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import type { ResolvedOptions } from '../options/options.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { MountedPaths } from './mounted-path.js';
import { OwnRoutes } from './own-routes.js';
import { OPTIONS, STRUCTURE } from '../options/tokens.js';
import { StateManager } from '../core/state/state-manager.js';
import { Evaluator } from '../decision/evaluator.js';
import { BypassCookie } from '../access/bypass-cookie.js';
import { Bypass } from '../access/bypass.js';
import { IgnorePaths } from '../decision/ignore-paths.js';
import { Localizer } from '../i18n/localizer.js';
import { MaintenanceExceptionFilter } from './refusal/maintenance-exception.filter.js';
import { MaintenanceGuard } from './maintenance.guard.js';
import { PageRenderer } from './page/page-renderer.js';
import { RefusalCache } from './refusal/refusal-cache.js';
import { RefusalHeaders } from './refusal/refusal-headers.js';
import { RefusalResponder } from './refusal/refusal-responder.js';
import { Representations } from './refusal/representations.js';
import { SocketUrl } from './socket-url.js';
import { SiteCoverage } from './site/site-coverage.js';
import { SiteRequests } from './site/site-requests.js';
import { GraphqlPaths } from './site/site-routes.js';
import { StalePolicy } from '../decision/stale-policy.js';
import { versionSegments } from './version-segments.js';
import { Visitors } from '../decision/visitors.js';
import { handshakeOf } from '../request/handshake.js';
import { WouldRefuse } from '../decision/would-refuse.js';

/** Everything that answers HTTP requests. */
export function httpProviders(): Provider[] {
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
      inject: [OPTIONS, ApplicationConfig, ModulesContainer, MountedPaths],
      useFactory: (
        { ignorePaths }: ResolvedOptions,
        config: ApplicationConfig,
        modules: ModulesContainer,
        paths: MountedPaths,
      ) =>
        new IgnorePaths(
          ignorePaths,
          () => config.getGlobalPrefix(),
          () => versionSegments(config, modules),
          () => paths.local('ping').replace(/\/ping$/, ''),
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
      inject: [OPTIONS, BypassTokens, ApplicationCalls],
      useFactory: ({ bypass }: ResolvedOptions, tokens: BypassTokens, calls: ApplicationCalls) =>
        new Bypass(bypass, tokens, new BypassCookie(bypass.cookie ?? {}), calls),
    },
    {
      provide: Evaluator,
      inject: [StateManager, Decision, Bypass, IgnorePaths, StalePolicy, Visitors, OPTIONS],
      useFactory: (
        manager: StateManager,
        decision: Decision,
        bypass: Bypass,
        ignorePaths: IgnorePaths,
        stale: StalePolicy,
        visitors: Visitors,
        { events }: ResolvedOptions,
      ) => new Evaluator(manager, decision, bypass, ignorePaths, stale, visitors, events),
    },
    {
      provide: StalePolicy,
      inject: [StateManager, OPTIONS],
      useFactory: (manager: StateManager, options: ResolvedOptions) => new StalePolicy(manager, options),
    },
    {
      provide: WouldRefuse,
      inject: [KeyRegistry, Evaluator],
      useFactory: (registry: KeyRegistry, evaluator: Evaluator) => new WouldRefuse(registry, evaluator),
    },
    {
      provide: Representations,
      inject: [OPTIONS, ApplicationCalls],
      useFactory: (options: ResolvedOptions, calls: ApplicationCalls) => new Representations(options, calls),
    },
    {
      provide: Visitors,
      inject: [OPTIONS, ApplicationCalls, StateManager, Representations, HttpAdapterHost],
      useFactory: (
        { visitor }: ResolvedOptions,
        calls: ApplicationCalls,
        { store }: StateManager,
        representations: Representations,
        host: HttpAdapterHost,
      ) =>
        new Visitors(
          calls,
          {
            now: () => store.now(),
            isNavigation: (request) => representations.isNavigation(request),
            handshake: (socket) => handshakeOf(host.httpAdapter, socket),
          },
          visitor,
        ),
    },
    SocketUrl,
    PageRenderer,
    {
      provide: RefusalResponder,
      inject: [
        OPTIONS,
        StateManager,
        Localizer,
        PageRenderer,
        MountedPaths,
        ApplicationCalls,
        Representations,
        Visitors,
      ],
      useFactory: (
        options: ResolvedOptions,
        manager: StateManager,
        localizer: Localizer,
        pages: PageRenderer,
        paths: MountedPaths,
        calls: ApplicationCalls,
        representations: Representations,
        visitors: Visitors,
      ) => {
        const cache = new RefusalCache(options, manager, localizer, pages);
        const headers = new RefusalHeaders(options, calls);
        return new RefusalResponder(
          options,
          representations,
          cache,
          headers,
          pages,
          localizer,
          paths,
          visitors,
        );
      },
    },
    MaintenanceGuard,
    MaintenanceExceptionFilter,
    SiteCoverage,
    SiteRequests,
  ];
}
