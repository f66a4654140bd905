import { Injectable } from '@nestjs/common';
import { parseCookie } from 'cookie';
import type { MaintenancePermission } from 'nestjs-maintenance';
import { randomUUID } from 'node:crypto';

export interface Operator {
  readonly name: string;
  /** An auditor looks, an engineer switches. */
  readonly role: 'auditor' | 'engineer';
}

/** Passwords in code are for a sample; everything else works the same with yours. */
const ACCOUNTS: readonly (Operator & { readonly password: string })[] = [
  { name: 'ada', role: 'engineer', password: 'ada' },
  { name: 'bob', role: 'auditor', password: 'bob' },
];

export const SESSION = 'shop-session';

/** The shop's own log-in: a session for each operator, in memory. */
@Injectable()
export class Operators {
  private readonly sessions = new Map<string, Operator>();

  /** The new session's cookie, or `undefined` when name and password do not fit. */
  logIn(name: unknown, password: unknown): string | undefined {
    const account = ACCOUNTS.find((account) => account.name === name && account.password === password);
    if (!account) {
      return undefined;
    }
    const id = randomUUID();
    this.sessions.set(id, account);
    return `${SESSION}=${id}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Who sends this request, or opened this socket. */
  of(subject: unknown): Operator | undefined {
    const { headers, handshake } = subject as Subject;
    const id = parseCookie((headers ?? handshake?.headers)?.cookie ?? '')[SESSION];
    return id === undefined ? undefined : this.sessions.get(id);
  }

  /** What `permissions` of the maintenance module asks. */
  may(permission: MaintenancePermission, subject: unknown): boolean {
    const operator = this.of(subject);
    return permission === 'toggle_maintenance_mode' ? operator?.role === 'engineer' : operator !== undefined;
  }
}

/** What a request of Express or Fastify and a socket of Socket.IO have in common. */
interface Subject {
  readonly headers?: { readonly cookie?: string };
  readonly handshake?: { readonly headers: { readonly cookie?: string } };
}
