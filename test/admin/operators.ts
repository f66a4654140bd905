import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { MaintenanceKey, MaintenanceModule, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { request as send, type Answer, type RequestInit } from '../support/http.js';

export const ALL = 'see_menu_item,see_info,toggle_maintenance_mode';

interface Incoming {
  headers: Record<string, string | undefined>;
  user?: unknown;
}

/** Who asks says so: the permissions in `x-may`, the user in `x-user`. */
export const permissions: MaintenanceRootOptions['permissions'] = (permission, subject) => {
  const from =
    subject.type === 'http'
      ? (subject.request as Incoming)
      : ((subject.socket as { handshake: Incoming }).handshake ?? {});
  return (from.headers['x-may'] ?? '').split(',').includes(permission);
};

/** The application's own authentication. */
@Injectable()
export class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const incoming = context.switchToHttp().getRequest<Incoming>();
    const name = incoming.headers['x-user'];
    if (name !== undefined) incoming.user = { username: name };
    return name !== 'nobody';
  }
}

export const IMPORT = {
  label: 'Import and export',
  helpText: 'Product data from the warehouse, every night.',
  scope: 'marked',
} as const;

/** The module with permissions, a user and two keys besides `general`. */
export function adminModule(options: MaintenanceRootOptions = {}) {
  return MaintenanceModule.forRoot({
    permissions,
    socket: false,
    admin: { guards: [UserGuard] },
    keys: [
      new MaintenanceKey('import-export', IMPORT),
      new MaintenanceKey('checkout', { label: 'Checkout', readOnly: true, order: 5 }),
    ],
    ...options,
  });
}

/** A request with these permissions, as a program sends it. */
export function as(may: string, port: number, path: string, init: RequestInit = {}): Promise<Answer> {
  return send(port, path, { ...init, headers: { 'x-may': may, ...init.headers } });
}
