import { Module, type DynamicModule } from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, DiscoveryService, ModulesContainer } from '@nestjs/core';
import { PageOrigins } from '../access/page-origins.js';
import { Permissions } from '../access/permissions.js';
import { SocketTickets } from '../access/socket-tickets.js';
import { ApplicationCalls } from '../core/common/application-calls.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import { MaintenanceService } from '../core/service/maintenance.service.js';
import { StateManager } from '../core/state/state-manager.js';
import { IgnorePaths } from '../decision/ignore-paths.js';
import { ownProviders } from '../decision/own-providers.js';
import { built } from '../decision/provider-factories.js';
import { MountedPaths } from '../http/mounted-path.js';
import { SocketUrl } from '../http/socket-url.js';
import { Localizer } from '../i18n/localizer.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { OPTIONS, STRUCTURE } from '../options/tokens.js';
import { AdminService } from './admin.service.js';
import { AdminAccess } from './admin-access.js';
import { AffectedRoutes } from './affected-routes.js';
import { DrainWait } from './drain-wait.js';
import { KeyWriter } from './key-writer.js';
import { SignIn } from './sign-in.js';
import { Csrf } from './csrf.js';
import { HistoryService } from './history.service.js';
import { WindowUndo } from './window-undo.js';
import { PageHistory } from './page-history.js';
import { WindowsService } from './windows.service.js';
import { AdminPage } from './admin-page.js';
import { adminController } from './admin.controller.js';

const providers = ownProviders([
  built(Csrf, PageOrigins),
  built(SignIn, STRUCTURE, MountedPaths, ApplicationConfig),
  built(AdminAccess, Permissions, KeyRegistry, StateManager, Csrf, ApplicationCalls, OPTIONS),
  built(
    AdminService,
    MaintenanceService,
    StateManager,
    KeyRegistry,
    Localizer,
    AdminAccess,
    Csrf,
    SocketTickets,
    AffectedRoutes,
  ),
  built(AffectedRoutes, DiscoveryService, ModulesContainer, ApplicationConfig, IgnorePaths, MountedPaths),
  built(DrainWait, MaintenanceService),
  built(KeyWriter, MaintenanceService, StateManager, Localizer, AdminAccess, DrainWait),
  built(WindowsService, MaintenanceService, StateManager, AdminAccess),
  built(HistoryService, MaintenanceService, AdminAccess),
  built(WindowUndo, MaintenanceService, StateManager, AdminAccess),
  built(PageHistory, StateManager, KeyRegistry, Localizer),
  built(
    AdminPage,
    AdminService,
    AdminAccess,
    SignIn,
    SocketTickets,
    StateManager,
    KeyRegistry,
    Localizer,
    PageHistory,
    SocketUrl,
    MountedPaths,
    STRUCTURE,
  ),
]);

/** Admin page and admin API. */
@Module({})
export class AdminModule {
  /** @param core what all features share */
  static register(core: DynamicModule, structure: ResolvedStructure): DynamicModule {
    return {
      module: AdminModule,
      imports: [core, DiscoveryModule],
      controllers: [adminController(structure)],
      providers,
    };
  }
}
