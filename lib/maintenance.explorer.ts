import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HookRunner } from './hooks/hook-runner.js';
import { HOOK_MEMBERS, type HookMark } from './hooks/on-maintenance.decorator.js';
import { KeyRegistry } from './keys/key-registry.js';
import type { MaintenanceKey } from './keys/maintenance-key.js';
import { markedMembers } from './keys/marked-members.js';
import { KEY_CLASS, KEY_MEMBERS } from './keys/register-maintenance-key.decorator.js';
import { MaintenanceConfigurationError, MaintenanceError } from './maintenance.errors.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Finds keys and hooks among all providers. Each provider class is asked once for the marks its decorators left, so
 * that a large application is not scanned method by method; what a lazily loaded module brings is found on the next look.
 */
@Injectable()
export class MaintenanceExplorer {
  private readonly seen = new Set<unknown>();
  private readonly logger = new Logger('Maintenance');
  private exploring = false;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: KeyRegistry,
    private readonly hooks: HookRunner,
  ) {
    registry.rescan = () => this.explore();
  }

  /**
   * @throws MaintenanceConfigurationError when what was found is wrong
   */
  explore(): void {
    if (this.exploring) {
      return;
    }
    this.exploring = true;
    try {
      for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
        this.exploreWrapper(wrapper);
      }
      this.checkHooks();
    } finally {
      this.exploring = false;
    }
  }

  private exploreWrapper(wrapper: Wrapper): void {
    // an alias gives an instance that is found under its own name
    if (wrapper.isAlias || this.seen.has(wrapper)) {
      return;
    }
    const cls = classOf(wrapper);
    const keys = markedMembers(KEY_MEMBERS, cls);
    const hooks = markedMembers<HookMark>(HOOK_MEMBERS, cls);
    const isKey = typeof cls === 'function' && Reflect.getOwnMetadata(KEY_CLASS, cls) === true;
    if (!isKey && keys.length === 0 && hooks.length === 0) {
      return;
    }
    const name = String(wrapper.name ?? cls);
    this.seen.add(wrapper);
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
      const what = isKey || keys.length > 0 ? 'keys' : 'hooks';
      this.logger.warn(
        `${name} is not a singleton: its maintenance ${what} cannot be registered. Give it, and all it injects, the default scope.`,
      );
      return;
    }
    const instance: unknown = wrapper.instance;
    if (typeof instance !== 'object' || instance === null || this.seen.has(instance)) {
      return;
    }
    this.seen.add(instance);
    if (isKey) {
      this.registry.add(instance as MaintenanceKey, `class ${name}`);
    }
    keys.forEach(({ property }) => this.addKeys(instance, name, property));
    hooks.forEach((mark) => this.addHook(instance, name, mark));
  }

  private addKeys(instance: object, name: string, property: string | symbol): void {
    const source = `${name}.${String(property)}`;
    const member = (instance as Record<string | symbol, unknown>)[property];
    let given: unknown;
    try {
      given = typeof member === 'function' ? member.call(instance) : member;
    } catch (error) {
      throw new MaintenanceConfigurationError(
        `${source} threw while it was asked for maintenance keys: ${String(error)}`,
        { cause: error },
      );
    }
    for (const key of Array.isArray(given) ? given : [given]) {
      this.registry.add(key as MaintenanceKey, source);
    }
  }

  private addHook(instance: object, name: string, { property, event, keys }: HookMark): void {
    this.hooks.add({
      name: `${name}.${String(property)}`,
      event,
      keys,
      call: (change) => {
        const method = (instance as Record<string | symbol, unknown>)[property];
        if (typeof method !== 'function') {
          throw new MaintenanceError(`${name}.${String(property)} is not a method`);
        }
        return method.call(instance, change) as unknown;
      },
    });
  }

  /** A hook for a key that nobody registers would never be called. */
  private checkHooks(): void {
    for (const { name, key } of this.hooks.keys) {
      if (!this.registry.has(key) && !this.seen.has(`${name} ${key}`)) {
        this.seen.add(`${name} ${key}`);
        this.logger.warn(`${name} listens to maintenance key "${key}", which is not registered (yet).`);
      }
    }
  }
}

/** The class a provider's instance is of, also where a factory or a value gives it. */
function classOf({ metatype, inject, instance, isNotMetatype }: Wrapper): unknown {
  if (typeof metatype === 'function' && !inject && !isNotMetatype) {
    return metatype;
  }
  return typeof instance === 'object' && instance !== null ? (instance as object).constructor : undefined;
}
