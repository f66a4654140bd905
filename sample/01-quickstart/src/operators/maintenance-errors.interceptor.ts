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

/** Turns what the service throws into HTTP errors. Its messages may be shown to operators. */
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
