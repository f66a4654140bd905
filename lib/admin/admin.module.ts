import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { ResolvedStructure } from '../options/structural-options.js';
import { ownProviders } from '../decision/own-providers.js';
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
  Csrf,
  SignIn,
  AdminAccess,
  AdminService,
  AffectedRoutes,
  DrainWait,
  KeyWriter,
  WindowsService,
  HistoryService,
  WindowUndo,
  PageHistory,
  AdminPage,
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
