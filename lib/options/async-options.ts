import type { FactoryProvider, InjectionToken, ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { MaintenanceModuleOptions } from './options.js';
import type { MaintenanceStructuralOptions } from './structural-options.js';

/** For `useClass` and `useExisting` of `forRootAsync()`. @publicApi */
export interface MaintenanceOptionsFactory {
  /** Returns the options, without the structural ones, which stand beside the factory. */
  createMaintenanceOptions(): MaintenanceModuleOptions | Promise<MaintenanceModuleOptions>;
}

/** Like {@link MaintenanceOptionsFactory}, with the method name of Nest's `ConfigurableModuleBuilder`. @publicApi */
export interface MaintenanceOptionsCreator {
  /** Returns the options, without the structural ones, which stand beside the factory. */
  create(): MaintenanceModuleOptions | Promise<MaintenanceModuleOptions>;
}

/** Options of `forRootAsync()`: one of `useFactory`, `useClass` and `useExisting`, with the structural options beside it. @publicApi */
export interface MaintenanceAsyncOptions
  extends MaintenanceStructuralOptions, Pick<ModuleMetadata, 'imports'> {
  /** Providers that are passed to `useFactory`. */
  inject?: FactoryProvider['inject'];
  /** Returns the options. */
  useFactory?: FactoryProvider<MaintenanceModuleOptions>['useFactory'];
  /** A class to instantiate for this; it can inject what `imports` export. */
  useClass?: Type<MaintenanceOptionsFactory | MaintenanceOptionsCreator>;
  /** A provider that `imports` export. */
  useExisting?: InjectionToken<MaintenanceOptionsFactory | MaintenanceOptionsCreator>;
  /** Providers of a parent module; those that `inject` names are used. */
  provideInjectionTokensFrom?: Provider[];
}
