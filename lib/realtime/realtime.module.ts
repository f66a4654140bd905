import { Module, type DynamicModule } from '@nestjs/common';
import { ownProviders } from '../decision/own-providers.js';
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
  /** @param core what all features share */
  static register(core: DynamicModule): DynamicModule {
    return { module: RealtimeModule, imports: [core], providers, exports: providers };
  }
}
