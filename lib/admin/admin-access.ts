import type { Permissions } from '../access/permissions.js';
import type { ApplicationCalls } from '../core/common/application-calls.js';
import { describeValue, type MaintenanceError } from '../core/errors/errors.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { StateManager } from '../core/state/state-manager.js';
import { messageOf } from '../core/errors/message-of.js';
import type { HttpRequest } from '../request/http-request.js';
import type { MaintenancePermission } from '../options/access-options.js';
import type { ResolvedOptions } from '../options/options.js';
import { ADMIN_TEXTS } from '../i18n/admin-texts.js';
import { AdminApiError } from './admin.errors.js';
import type { Csrf } from './csrf.js';

/** Who may do what through the admin page and API, and which keys they may see. */
export class AdminAccess {
  constructor(
    private readonly permissions: Permissions,
    private readonly registry: KeyRegistry,
    private readonly manager: StateManager,
    private readonly csrf: Csrf,
    private readonly calls: ApplicationCalls,
    private readonly options: ResolvedOptions,
  ) {}

  allows(request: HttpRequest, permission: MaintenancePermission): Promise<boolean> {
    return this.permissions.allows(permission, { type: 'http', request });
  }

  /** @throws AdminApiError 403 that names the missing permission, or says that the host is not this site */
  async demand(request: HttpRequest, ...permissions: MaintenancePermission[]): Promise<void> {
    this.csrf.checkReader(request);
    for (const permission of permissions) {
      if (!(await this.allows(request, permission))) {
        throw this.options.permissions
          ? new AdminApiError(403, `This needs the permission "${permission}".`, {}, permission)
          : new AdminApiError(403, ADMIN_TEXTS.deniedToAll);
      }
    }
  }

  /**
   * For everything that makes a change.
   * @throws AdminApiError 403
   */
  async demandWrite(request: HttpRequest): Promise<void> {
    this.csrf.check(request);
    await this.demand(request, 'toggle_maintenance_mode');
  }

  /**
   * The key that a route names.
   * @param unknown what those hear who may not see key data
   * @throws AdminApiError 404; lists the keys for those who may see them
   */
  async find(
    request: HttpRequest,
    name: unknown,
    unknown: MaintenanceError = unknownKey(name),
  ): Promise<MaintenanceKey> {
    try {
      return this.registry.get(name as string);
    } catch (error) {
      // the registry's error lists the keys
      throw (await this.allows(request, 'see_info')) ? new AdminApiError(404, messageOf(error)) : unknown;
    }
  }

  /**
   * The key, for a change. Those who may not see key data do not learn that a key exists which they may not edit.
   * @param unknown what they hear instead; where a route does not name the key itself, it must not either
   * @throws AdminApiError 403, 404
   */
  async findEditable(
    request: HttpRequest,
    name: unknown,
    unknown: MaintenanceError = unknownKey(name),
  ): Promise<MaintenanceKey> {
    const key = await this.find(request, name, unknown);
    if (await this.isEditable(key, request)) {
      return key;
    }
    throw (await this.allows(request, 'see_info'))
      ? new AdminApiError(403, `You may not change the maintenance key "${key.name}".`)
      : unknown;
  }

  /**
   * The key to be forgotten, including one that is stored but no longer registered, which nothing else could end.
   * @throws AdminApiError 403, 404
   */
  async findForgettable(request: HttpRequest, name: unknown): Promise<MaintenanceKey> {
    await this.manager.refresh().catch(() => undefined);
    const isStored = typeof name === 'string' && this.manager.document?.keys.has(name) === true;
    return isStored && !this.registry.find(name) && (await this.allows(request, 'see_info'))
      ? new MaintenanceKey(name)
      : this.findEditable(request, name);
  }

  /** Whether this key may be offered to the requester; `false` if asking fails or takes too long. */
  async isEditable(key: MaintenanceKey, request: HttpRequest): Promise<boolean> {
    const name = `isEditable() of maintenance key "${key.name}"`;
    const consequence = 'the key cannot be edited';
    const answer = await this.calls.ask(name, consequence, false, () => key.isEditable(request));
    return this.calls.isYes(name, answer, consequence);
  }
}

function unknownKey(name: unknown): AdminApiError {
  return new AdminApiError(404, `Unknown maintenance key ${describeValue(name)}.`);
}
