import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Operators } from './operators.service.js';

/** Lets in those who may change something. Runs after {@link OperatorGuard}. */
@Injectable()
export class EngineerGuard implements CanActivate {
  constructor(private readonly operators: Operators) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.operators.of(context.switchToHttp().getRequest())?.role !== 'engineer') {
      throw new ForbiddenException('Only engineers may do that.');
    }
    return true;
  }
}
