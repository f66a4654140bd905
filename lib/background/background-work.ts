import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { OpenWork } from '../core/service/open-work.js';
import { InFlight } from '../in-flight/in-flight.js';
import { addApplication } from './applications.js';
import { isSkipping } from './skipping-classes.js';

/** Lets methods that are skipped during maintenance find this application while it runs. */
@Injectable()
export class BackgroundWork implements OnApplicationShutdown {
  private readonly remove: () => void;

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(OpenWork) openWork: OpenWork,
    @Inject(InFlight) inFlight: InFlight,
  ) {
    const logger = new Logger('Maintenance');
    this.remove = addApplication({
      openWork,
      owns: (instance) => this.owns(instance),
      error: (message) => logger.error(message),
    });
    // drains wait until such a process has applied a change: a tick may come at any moment
    inFlight.serves ||= [...this.wrappers()].some(({ metatype }) => isSkipping(metatype));
  }

  onApplicationShutdown(): void {
    this.remove();
  }

  private owns(instance: object): boolean {
    const cls = typeof instance === 'function' ? instance : instance.constructor;
    const wrappers = [...this.wrappers()];
    return (
      wrappers.some((wrapper) => wrapper.instance === instance) ||
      // created for each request, or whenever it is injected
      wrappers.some((wrapper) => wrapper.metatype === cls && !wrapper.isDependencyTreeStatic())
    );
  }

  private *wrappers() {
    for (const { providers, controllers } of this.modules.values()) {
      yield* providers.values();
      yield* controllers.values();
    }
  }
}
