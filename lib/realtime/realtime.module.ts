import { Module, type DynamicModule } from '@nestjs/common';
import type { ResolvedStructure } from '../maintenance.options.js';

/** Tells browsers at once. */
@Module({})
export class RealtimeModule {
  /** @param core what all parts share */
  static register(core: DynamicModule, _structure: ResolvedStructure): DynamicModule {
    return { module: RealtimeModule, imports: [core] };
  }
}
