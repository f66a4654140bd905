import {
  BadRequestException,
  Injectable,
  NotFoundException,
  ServiceUnavailableException,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { MaintenanceError, MaintenanceStoreError, UnknownMaintenanceKeyError } from 'nestjs-maintenance';
import { catchError, throwError, type Observable } from 'rxjs';

/** What the service throws, as HTTP says it. Its messages are sentences that may be shown to an operator. */
@Injectable()
export class MaintenanceErrorsInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => asHttp(error))));
  }
}

function asHttp(error: unknown): unknown {
  if (!(error instanceof MaintenanceError)) {
    return error;
  }
  if (error instanceof UnknownMaintenanceKeyError) {
    return new NotFoundException(error.message);
  }
  return error instanceof MaintenanceStoreError
    ? new ServiceUnavailableException(error.message)
    : new BadRequestException(error.message);
}
