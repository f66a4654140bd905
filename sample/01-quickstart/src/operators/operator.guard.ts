import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Operators } from './operators.service.js';

/** Lets in who has logged in. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(private readonly operators: Operators) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.operators.of(context.switchToHttp().getRequest())) {
      throw new UnauthorizedException('Log in at /login first.');
    }
    return true;
  }
}
