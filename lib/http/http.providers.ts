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
import { built, made } from '../decision/provider-factories.js';
import { BypassCookie } from '../access/bypass-cookie.js';
import { Bypass } from '../access/bypass.js';
import { InFlight } from '../in-flight/in-flight.js';
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
export const httpProviders: Provider[] = [
  made(
    MountedPaths,
    [ApplicationConfig, STRUCTURE, OPTIONS],
    (config: ApplicationConfig, { path }: ResolvedStructure, { baseUrl }: ResolvedOptions) =>
      new MountedPaths(config, path, baseUrl),
  ),
  built(OwnRoutes, HttpAdapterHost, MountedPaths),
  made(
    IgnorePaths,
    [OPTIONS, ApplicationConfig, ModulesContainer, MountedPaths],
    (
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
  ),
  made(
    GraphqlPaths,
    [ModulesContainer, ApplicationConfig],
    (modules: ModulesContainer, config: ApplicationConfig) =>
      new GraphqlPaths(modules, () => config.getGlobalPrefix()),
  ),
  made(
    Bypass,
    [OPTIONS, BypassTokens, ApplicationCalls],
    ({ bypass }: ResolvedOptions, tokens: BypassTokens, calls: ApplicationCalls) =>
      new Bypass(bypass, tokens, new BypassCookie(bypass.cookie ?? {}), calls),
  ),
  made(
    Evaluator,
    [StateManager, Decision, Bypass, IgnorePaths, StalePolicy, Visitors, OPTIONS],
    (
      manager: StateManager,
      decision: Decision,
      bypass: Bypass,
      ignorePaths: IgnorePaths,
      stale: StalePolicy,
      visitors: Visitors,
      { events }: ResolvedOptions,
    ) => new Evaluator(manager, decision, bypass, ignorePaths, stale, visitors, events),
  ),
  built(StalePolicy, StateManager, OPTIONS),
  built(WouldRefuse, KeyRegistry, Evaluator),
  built(Representations, OPTIONS, ApplicationCalls),
  made(
    Visitors,
    [OPTIONS, ApplicationCalls, StateManager, Representations, HttpAdapterHost],
    (
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
  ),
  built(SocketUrl, STRUCTURE, ApplicationCalls),
  built(
    PageRenderer,
    OPTIONS,
    Localizer,
    MountedPaths,
    HttpAdapterHost,
    ApplicationCalls,
    SocketUrl,
    StateManager,
  ),
  made(
    RefusalResponder,
    [
      OPTIONS,
      StateManager,
      Localizer,
      PageRenderer,
      MountedPaths,
      ApplicationCalls,
      Representations,
      Visitors,
    ],
    (
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
  ),
  // applications may name these in their own decorators, where Nest creates them; as here they are not searched for any
  { provide: MaintenanceGuard, useClass: MaintenanceGuard },
  { provide: MaintenanceExceptionFilter, useClass: MaintenanceExceptionFilter },
  built(SiteCoverage, StateManager, Evaluator, RefusalResponder, StalePolicy, ApplicationCalls),
  built(SiteRequests, InFlight, STRUCTURE, ApplicationConfig),
];
