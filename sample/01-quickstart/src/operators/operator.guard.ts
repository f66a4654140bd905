import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Operators, type Operator } from './operators.service.js';

/** Lets in those who have logged in. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(private readonly operators: Operators) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ user?: Operator }>();
    // where the maintenance module, like most of Nest's world, looks for who it was
    request.user = this.operators.of(request);
    if (!request.user) {
      throw new UnauthorizedException('Log in at /login first.');
    }
    return true;
  }
}
