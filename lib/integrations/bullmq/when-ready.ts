import type { ModulesContainer } from '@nestjs/core';

interface Root {
  onApplicationBootstrap?: () => unknown;
}

/**
 * Calls back once every `onApplicationBootstrap()` of an application is through. To be called in that of a module's class: the
 * last that Nest calls is that of the root module's.
 * @param caller the instance of that module
 * @param ready what it throws stops the application from starting
 */
export function whenReady(modules: ModulesContainer, caller: object, ready: () => void): void {
  // in Nest's order; lazily loaded modules have no distance, and the application does not call their hooks
  const root = [...modules.values()]
    .filter(({ distance }) => distance > 0)
    .sort((a, b) => b.distance - a.distance)
    .at(-1);
  const wrapper = root && root.providers.get(root.metatype);
  const instance = wrapper?.instance as Root | undefined;
  if (!instance || instance === caller || !wrapper?.isDependencyTreeStatic()) {
    ready();
    return;
  }
  const own = Object.getOwnPropertyDescriptor(instance, 'onApplicationBootstrap');
  const original = instance.onApplicationBootstrap;
  instance.onApplicationBootstrap = async function (this: Root) {
    if (own) {
      Object.defineProperty(instance, 'onApplicationBootstrap', own);
    } else {
      delete instance.onApplicationBootstrap;
    }
    await original?.call(this);
    ready();
  };
}
