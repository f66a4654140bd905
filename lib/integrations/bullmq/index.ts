export { MaintenanceBullModule } from './maintenance-bull.module.js';
export type {
  MaintenanceBullKeys,
  MaintenanceBullOptions,
  MaintenanceBullProcessor,
} from './bull-options.js';
