import { Module, type DynamicModule } from '@nestjs/common';
import { ownProviders } from '../decision/own-providers.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { OwnRoutes } from '../http/own-routes.js';
import { EventsRoute } from './events.route.js';
import { InfoPermission } from '../access/info-permission.js';
import { LiveClients } from './live-clients.js';
import { ScriptRoute } from './script.route.js';
import { ScriptSource } from './script-source.js';
import { SiteState } from './site-state.js';
import { StatusNews } from './status-news.js';
import { StatusReporter } from './status-reporter.js';

const providers = ownProviders([
  ScriptSource,
  ScriptRoute,
  LiveClients,
  SiteState,
  StatusReporter,
  StatusNews,
  InfoPermission,
  EventsRoute,
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
