import { Module, type DynamicModule } from '@nestjs/common';
import type { ResolvedStructure } from '../maintenance.options.js';

/** Admin page and admin API. */
@Module({})
export class AdminModule {
  /** @param core what all parts share */
  static register(core: DynamicModule, _structure: ResolvedStructure): DynamicModule {
    return { module: AdminModule, imports: [core] };
  }
}
