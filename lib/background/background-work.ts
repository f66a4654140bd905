import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { OpenWork } from '../core/service/open-work.js';
import type { StateManager } from '../core/state/state-manager.js';
import { isOfApplication } from '../decision/own-providers.js';
import type { InFlight } from '../in-flight/in-flight.js';
import { addApplication } from './applications.js';
import { isSkipping } from './skipping-classes.js';

/** Lets methods that are skipped during maintenance find this application while it runs. */
export class BackgroundWork {
  /** Whether there is an instance for each request, by class. */
  private readonly perRequest = new WeakMap<Function, boolean>();

  constructor(
    private readonly modules: ModulesContainer,
    openWork: OpenWork,
    inFlight: InFlight,
    manager: StateManager,
  ) {
    const logger = new Logger('Maintenance');
    addApplication(
      {
        openWork,
        owns: (instance) => this.owns(instance),
        identify: (instance) => this.identify(instance),
        error: (message) => logger.error(message),
      },
      manager.updates,
    );
    // drains wait until such a process has applied a change: a tick may come at any moment
    inFlight.serves ||= [...this.wrappers()].some(
      (wrapper) => isOfApplication(wrapper) && isSkipping(wrapper.metatype),
    );
  }

  private identify(instance: object): object {
    const { constructor: cls } = instance;
    let perRequest = this.perRequest.get(cls);
    if (perRequest === undefined && typeof cls === 'function') {
      perRequest = [...this.wrappers()].some(
        (wrapper) => wrapper.metatype === cls && !wrapper.isDependencyTreeStatic(),
      );
      this.perRequest.set(cls, perRequest);
    }
    return perRequest ? cls : instance;
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
