import type { Provider } from '@nestjs/common';
import { describeValue, MaintenanceConfigurationError } from '../core/errors/errors.js';
import { STRUCTURAL_DEFAULTS } from '../options/structural-options.js';
import type { MaintenanceAsyncOptions } from '../options/async-options.js';
import type { MaintenanceModuleOptions } from '../options/options.js';

const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;
const ACCEPTED = [
  'imports',
  'inject',
  ...SOURCES,
  'provideInjectionTokensFrom',
  ...Object.keys(STRUCTURAL_DEFAULTS),
];

/** What is passed to the module builder, and the class that it may have to create. */
export interface AsyncSource {
  readonly options: Omit<MaintenanceAsyncOptions, 'useClass' | 'useExisting'>;
  readonly providers: Provider[];
}

/**
 * The options of `forRootAsync()` in the form with `useFactory`, however they were given.
 * @throws MaintenanceConfigurationError
 */
export function asyncSource(given: MaintenanceAsyncOptions): AsyncSource {
  if (typeof given !== 'object' || given === null) {
    throw MaintenanceConfigurationError.of(
      'forRootAsync()',
      given,
      'an object with useFactory, useClass or useExisting',
    );
  }
  const unknown = Object.keys(given).find((name) => !ACCEPTED.includes(name));
  if (unknown !== undefined) {
    throw new MaintenanceConfigurationError(
      `Unknown maintenance option "${unknown}" in forRootAsync(); accepted: ${ACCEPTED.join(', ')}. All other options belong in the object that useFactory returns.`,
      { option: unknown },
    );
  }
  const sources = SOURCES.filter((name) => given[name] !== undefined);
  const [source] = sources;
  if (sources.length !== 1 || source === undefined) {
    throw new MaintenanceConfigurationError(
      `forRootAsync() received ${sources.length === 0 ? 'none' : sources.join(' and ')}; accepted: one of ${SOURCES.join(', ')}.`,
      { option: 'useFactory' },
    );
  }
  const { useFactory, useClass, useExisting, ...rest } = given;
  if (useFactory !== undefined || useClass !== undefined) {
    if (typeof (useFactory ?? useClass) !== 'function') {
      throw MaintenanceConfigurationError.of(
        source,
        useFactory ?? useClass,
        useFactory === undefined ? 'a class' : 'a function',
      );
    }
  }
  if (useFactory !== undefined) {
    return { options: { ...rest, useFactory }, providers: [] };
  }
  const token = useExisting ?? useClass;
  if (token === undefined || token === null) {
    throw MaintenanceConfigurationError.of(source, token, 'a provider token');
  }
  return {
    options: { ...rest, inject: [token], useFactory: (factory: unknown) => createdBy(factory, source) },
    providers: useClass ? [useClass] : [],
  };
}

function createdBy(
  factory: unknown,
  source: string,
): MaintenanceModuleOptions | Promise<MaintenanceModuleOptions> {
  const { createMaintenanceOptions, create } = (factory ?? {}) as Record<string, unknown>;
  const method = createMaintenanceOptions ?? create;
  if (typeof method !== 'function') {
    throw new MaintenanceConfigurationError(
      `Maintenance option "${source}" names ${describeValue(factory)}; accepted: a provider with a method createMaintenanceOptions() or create().`,
      { option: source },
    );
  }
  return method.call(factory) as MaintenanceModuleOptions | Promise<MaintenanceModuleOptions>;
}
