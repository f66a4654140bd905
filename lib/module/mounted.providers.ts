import type { Provider } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { Bypass } from '../access/bypass.js';
import { PageOrigins } from '../access/page-origins.js';
import { Permissions } from '../access/permissions.js';
import { SocketTickets } from '../access/socket-tickets.js';
import { BackgroundWork } from '../background/background-work.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import { OpenDecision } from '../core/service/open-decision.js';
import { OpenWork } from '../core/service/open-work.js';
import { StateManager } from '../core/state/state-manager.js';
import { Evaluator } from '../decision/evaluator.js';
import { IgnorePaths } from '../decision/ignore-paths.js';
import { built } from '../decision/provider-factories.js';
import { StalePolicy } from '../decision/stale-policy.js';
import { CalendarRoute } from '../http/calendar.route.js';
import { MaintenanceGuard } from '../http/maintenance.guard.js';
import { MountedPaths } from '../http/mounted-path.js';
import { OwnRoutes } from '../http/own-routes.js';
import { PingRoute } from '../http/ping.route.js';
import { RefusalResponder } from '../http/refusal/refusal-responder.js';
import { SiteCoverage } from '../http/site/site-coverage.js';
import { SiteEntrance } from '../http/site/site-entrance.js';
import { SiteRequests } from '../http/site/site-requests.js';
import { GraphqlPaths } from '../http/site/site-routes.js';
import { Localizer } from '../i18n/localizer.js';
import { CallFollowing } from '../in-flight/call-following.js';
import { InFlight } from '../in-flight/in-flight.js';
import { EventServers } from '../messages/event-servers.js';
import { ExternalCalls } from '../messages/external-calls.js';
import { MessageWatch } from '../messages/message-watch.js';
import { OPTIONS, STRUCTURE } from '../options/tokens.js';

/** What is mounted in every application. */
export const mountedProviders: Provider[] = [
  built(
    PingRoute,
    OwnRoutes,
    StateManager,
    KeyRegistry,
    Evaluator,
    StalePolicy,
    RefusalResponder,
    Permissions,
    SocketTickets,
    PageOrigins,
    Localizer,
    OPTIONS,
  ),
  built(CalendarRoute, OwnRoutes, StateManager, KeyRegistry, Localizer),
  built(
    SiteEntrance,
    HttpAdapterHost,
    STRUCTURE,
    SiteCoverage,
    Bypass,
    IgnorePaths,
    GraphqlPaths,
    MountedPaths,
    SiteRequests,
  ),
  built(
    EventServers,
    ModulesContainer,
    ApplicationConfig,
    OPTIONS,
    STRUCTURE,
    OpenWork,
    CallFollowing,
    InFlight,
  ),
  built(ExternalCalls, ExternalContextCreator, InFlight, OpenDecision),
  built(
    MessageWatch,
    ModulesContainer,
    STRUCTURE,
    MaintenanceGuard,
    CallFollowing,
    InFlight,
    EventServers,
    StateManager,
    HttpAdapterHost,
  ),
  built(BackgroundWork, ModulesContainer, OpenWork, InFlight, StateManager),
];
