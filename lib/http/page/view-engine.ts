import type { HttpAdapterHost } from '@nestjs/core';
import { MaintenanceError } from '../../core/errors/errors.js';

type Adapter = HttpAdapterHost['httpAdapter'];

/**
 * Renders a view with the engine that the application has set on its adapter.
 * @throws what the engine throws
 */
export function renderView(
  adapter: Adapter | undefined,
  name: string,
  context: Record<string, unknown>,
): Promise<string> {
  const instance = adapter?.getInstance<{
    render?: (name: string, context: object, done: (error: Error | null, html?: string) => void) => void;
    view?: (name: string, context: object) => Promise<string>;
  }>();
  if (adapter?.getType() === 'fastify' && instance?.view) {
    return Promise.resolve(instance.view(name, context));
  }
  const render = instance?.render;
  if (adapter?.getType() !== 'express' || !render) {
    return Promise.reject(
      new MaintenanceError(`view "${name}" needs a view engine; set one with app.setViewEngine()`),
    );
  }
  return new Promise((resolve, reject) => {
    render.call(instance, name, context, (error, html) => (error ? reject(error) : resolve(html ?? '')));
  });
}
