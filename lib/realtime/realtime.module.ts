import { Module, type DynamicModule } from '@nestjs/common';
import { InfoPermission } from '../access/info-permission.js';
import { PageOrigins } from '../access/page-origins.js';
import { Permissions } from '../access/permissions.js';
import { SocketTickets } from '../access/socket-tickets.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import { StateManager } from '../core/state/state-manager.js';
import { Decision } from '../decision/decision.js';
import { ownProviders } from '../decision/own-providers.js';
import { built } from '../decision/provider-factories.js';
import { StalePolicy } from '../decision/stale-policy.js';
import { MountedPaths } from '../http/mounted-path.js';
import { OwnRoutes } from '../http/own-routes.js';
import { SocketUrl } from '../http/socket-url.js';
import { Localizer } from '../i18n/localizer.js';
import { OPTIONS } from '../options/tokens.js';
import { EventsRoute } from './events.route.js';
import { LiveClients } from './live-clients.js';
import { ScriptRoute } from './script.route.js';
import { ScriptSource } from './script-source.js';
import { SiteState } from './site-state.js';
import { StatusNews } from './status-news.js';
import { StatusReporter } from './status-reporter.js';

const providers = ownProviders([
  built(ScriptSource),
  built(ScriptRoute, OwnRoutes, MountedPaths, ScriptSource, SocketUrl, Localizer, OPTIONS),
  built(LiveClients, OPTIONS),
  built(SiteState, StateManager, KeyRegistry, StalePolicy),
  built(
    StatusReporter,
    StateManager,
    KeyRegistry,
    Localizer,
    LiveClients,
    StalePolicy,
    Decision,
    SiteState,
    OPTIONS,
  ),
  built(StatusNews, StateManager, SiteState, StatusReporter, StalePolicy),
  built(InfoPermission, Permissions),
  built(
    EventsRoute,
    OwnRoutes,
    StateManager,
    StatusReporter,
    StatusNews,
    InfoPermission,
    SocketTickets,
    PageOrigins,
    LiveClients,
  ),
]);

/** Notifies pages at once: the browser script, and what it listens to if there is no gateway. */
@Module({})
export class RealtimeModule {
  /**
   * @param core what all features share
   * @throws MaintenanceConfigurationError if that comes from another copy of the library: Nest would not find what is injected here
   */
  static register(core: DynamicModule): DynamicModule {
    if (!core.exports?.includes(OwnRoutes)) {
      throw new MaintenanceConfigurationError(
        'nestjs-maintenance was loaded twice, as CommonJS and as an ES module, by a loader that compiles packages, too, such as tsx in a ' +
          'CommonJS application; accepted: "type": "module" in package.json, or a loader that leaves packages to Node, such as ts-node.',
      );
    }
    return { module: RealtimeModule, imports: [core], providers, exports: providers };
  }
}
