import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { mergeMap, type Observable } from 'rxjs';
import type { Gates } from './gates.js';

/** Interceptors that wait at the gate `work`: before the handler, and with its value. */
export function slowInterceptors(gates: () => Gates) {
  @Injectable()
  class Before implements NestInterceptor {
    async intercept(_context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
      await gates().pass('work');
      return next.handle();
    }
  }

  @Injectable()
  class After implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(mergeMap(async (value) => (await gates().pass('work'), value)));
    }
  }
  return { Before, After };
}
