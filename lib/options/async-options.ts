import type { FactoryProvider, InjectionToken, ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { MaintenanceModuleOptions } from './options.js';
import type { MaintenanceStructuralOptions } from './structural-options.js';

/** What `useClass` and `useExisting` of `forRootAsync()` name. @publicApi */
export interface MaintenanceOptionsFactory {
  /** The options; structural ones stand beside the factory. */
  createMaintenanceOptions(): MaintenanceModuleOptions | Promise<MaintenanceModuleOptions>;
}

/** The same under the name that Nest's own configurable modules use. @publicApi */
export interface MaintenanceOptionsCreator {
  /** The options; structural ones stand beside the factory. */
  create(): MaintenanceModuleOptions | Promise<MaintenanceModuleOptions>;
}

/** Options of `forRootAsync()`: one of `useFactory`, `useClass` and `useExisting`, the structural ones beside it. @publicApi */
export interface MaintenanceAsyncOptions
  extends MaintenanceStructuralOptions, Pick<ModuleMetadata, 'imports'> {
  /** What `useFactory` takes. */
  inject?: FactoryProvider['inject'];
  /** Gives the options. */
  useFactory?: FactoryProvider<MaintenanceModuleOptions>['useFactory'];
  /** A class that is made for this; it may inject what `imports` give. */
  useClass?: Type<MaintenanceOptionsFactory | MaintenanceOptionsCreator>;
  /** A provider that `imports` give. */
  useExisting?: InjectionToken<MaintenanceOptionsFactory | MaintenanceOptionsCreator>;
  /** Providers of a parent module, of which those that `inject` names are taken over. */
  provideInjectionTokensFrom?: Provider[];
}
